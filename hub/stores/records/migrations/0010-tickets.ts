/** The tables of work orders, residents' reports, stored timers and policies. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      ticket_facts: {
        columns: { id: 'text', ticket_id: 'text', step: 'integer', at: 'bigint', type: 'text', fact: 'text' },
        key: ['id'],
        unique: [['ticket_id', 'step']],
        indexes: [['type', 'at']],
      },
      tickets: {
        columns: {
          id: 'text',
          number: 'bigint',
          community_id: 'text',
          state: 'text',
          category: 'text',
          priority: 'text',
          source: 'text',
          owner: 'text?',
          device_id: 'text?',
          place: 'text?',
          created_at: 'bigint',
          updated_at: 'bigint',
          due_at: 'bigint?',
          search: 'text',
          ticket: 'text',
        },
        key: ['id'],
        unique: [['number']],
        indexes: [
          ['created_at', 'id'],
          ['community_id', 'created_at', 'id'],
          ['state', 'created_at', 'id'],
          ['owner', 'created_at', 'id'],
          ['category', 'created_at', 'id'],
          ['place', 'category', 'created_at'],
          ['due_at'],
        ],
      },
      ticket_alarms: {
        columns: { alarm_id: 'text', ticket_id: 'text' },
        key: ['alarm_id'],
        indexes: [['ticket_id']],
      },
      ticket_photos: {
        columns: {
          id: 'text',
          ticket_id: 'text',
          sha256: 'text',
          bytes: 'bigint',
          width: 'integer',
          height: 'integer',
          at: 'bigint',
        },
        key: ['id'],
        indexes: [['ticket_id']],
      },
      resident_reports: {
        columns: { token_hash: 'text', ticket_id: 'text', name: 'text?', phone: 'text?', created_at: 'bigint' },
        key: ['token_hash'],
        unique: [['ticket_id']],
      },
      timers: {
        columns: { kind: 'text', key: 'text', due_at: 'bigint', payload: 'text' },
        key: ['kind', 'key'],
        indexes: [['due_at']],
      },
      policies: {
        columns: { id: 'text', value: 'text', changed_at: 'bigint', changed_by: 'text' },
        key: ['id'],
      },
    });
  },
};
