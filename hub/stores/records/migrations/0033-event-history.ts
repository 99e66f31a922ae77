/** Whether an event came as history: after an outage, or sent again. */
import type { Kysely } from 'kysely';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('events')
      .addColumn('history', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
