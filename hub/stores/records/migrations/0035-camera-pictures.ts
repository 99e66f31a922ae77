/** What cameras saw when somebody who sets them up asked for it. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      camera_pictures: {
        columns: {
          id: 'text',
          device_id: 'text',
          community_id: 'text',
          sha256: 'text',
          bytes: 'bigint',
          at: 'bigint',
          stored_at: 'bigint',
        },
        key: ['id'],
        indexes: [['device_id', 'stored_at'], ['sha256']],
      },
    });
  },
};
