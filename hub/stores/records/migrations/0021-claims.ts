/** Claim codes: who may enrol a gateway or a batch of devices without anybody copying a secret by hand. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      claims: {
        columns: {
          id: 'text',
          type: 'text',
          community_id: 'text',
          gateway_id: 'text',
          name: 'text',
          kinds: 'text',
          code_hash: 'text',
          uses_max: 'integer',
          uses: 'integer',
          created_by: 'text',
          created_at: 'bigint',
          expires_at: 'bigint',
          used_at: 'bigint?',
          revoked_at: 'bigint?',
        },
        key: ['id'],
        indexes: [['created_at', 'id']],
      },
    });
  },
};
