/** Channels, subscriptions, the sent-log, and the hand-over of shifts. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      channels: {
        columns: {
          id: 'text',
          notifier: 'text',
          name: 'text',
          community_id: 'text?',
          language: 'text',
          config: 'text',
          enabled: 'integer',
          created_at: 'bigint',
          created_by: 'text',
        },
        key: ['id'],
      },
      subscriptions: {
        columns: {
          id: 'text',
          username: 'text?',
          channel_id: 'text',
          address: 'text?',
          wish: 'text',
          created_at: 'bigint',
        },
        key: ['id'],
        indexes: [['username'], ['channel_id']],
      },
      notices: {
        columns: {
          id: 'text',
          dedupe_key: 'text',
          channel_id: 'text',
          notifier: 'text',
          username: 'text?',
          address: 'text?',
          type: 'text',
          life_safety: 'integer',
          community_id: 'text?',
          alarm_id: 'text?',
          ticket_id: 'text?',
          notice: 'text',
          status: 'text',
          reason: 'text?',
          attempts: 'integer',
          next_at: 'bigint',
          attempted_at: 'bigint?',
          created_at: 'bigint',
        },
        key: ['id'],
        unique: [['dedupe_key']],
        indexes: [
          ['status', 'next_at'],
          ['channel_id', 'attempted_at'],
          ['alarm_id', 'status'],
          ['created_at', 'id'],
        ],
      },
      handovers: {
        columns: {
          id: 'text',
          community_id: 'text',
          from_at: 'bigint',
          to_at: 'bigint',
          given_by: 'text',
          note: 'text',
          report: 'text',
          created_at: 'bigint',
          accepted_by: 'text?',
          accepted_at: 'bigint?',
        },
        key: ['id'],
        indexes: [['community_id', 'created_at', 'id']],
      },
    });
  },
};
