/** What gateways refused of their devices: the newest of each gateway, for whoever looks for the faulty device. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      dead_letters: {
        columns: {
          id: 'text',
          gateway_id: 'text',
          community_id: 'text',
          device_id: 'text',
          kind: 'text',
          topic: 'text',
          at: 'bigint',
          reason: 'text',
          bytes: 'bigint',
          sample: 'text',
          stored_at: 'bigint',
        },
        key: ['id'],
        indexes: [
          ['gateway_id', 'at', 'id'],
          ['community_id', 'at', 'id'],
          ['device_id', 'at', 'id'],
        ],
      },
    });
  },
};
