/** The hash chain over alarm facts. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      alarm_chain: {
        columns: { seq: 'bigint', fact_id: 'text', fact_hash: 'text', hash: 'text' },
        key: ['seq'],
        unique: [['fact_id']],
      },
    });
  },
};
