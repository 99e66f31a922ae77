/** Notices of the public information board. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      board_notices: {
        columns: {
          id: 'text',
          community_id: 'text?',
          title: 'text',
          body: 'text',
          from_at: 'bigint',
          until_at: 'bigint?',
          created_at: 'bigint',
          created_by: 'text',
        },
        key: ['id'],
        indexes: [['community_id', 'from_at']],
      },
    });
  },
};
