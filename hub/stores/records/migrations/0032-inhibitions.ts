/** Which alarms mute which, where a community wants it otherwise than by default. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      inhibitions: {
        columns: {
          community_id: 'text',
          id: 'text',
          inhibition: 'text',
          enabled: 'integer',
          changed_at: 'bigint',
          changed_by: 'text',
        },
        key: ['community_id', 'id'],
      },
    });
  },
};
