/** Versions of the configuration that the hub pushes to each gateway. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      gateway_settings: {
        columns: {
          gateway_id: 'text',
          version: 'integer',
          settings: 'text',
          note: 'text?',
          created_by: 'text',
          created_at: 'bigint',
        },
        key: ['gateway_id', 'version'],
      },
    });
  },
};
