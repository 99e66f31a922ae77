/** Rules that differ from the kinds' defaults, and planned times of silence, by community. */
import type { Kysely } from 'kysely';
import { createTables } from '../create-tables.ts';

export default {
  async up(db: Kysely<unknown>): Promise<void> {
    await createTables(db, {
      rule_overrides: {
        columns: {
          community_id: 'text',
          scope: 'text',
          target_id: 'text',
          rule_id: 'text',
          rule: 'text',
          changed_at: 'bigint',
          changed_by: 'text',
        },
        key: ['community_id', 'scope', 'target_id', 'rule_id'],
      },
      mute_windows: {
        columns: { id: 'text', community_id: 'text', from_at: 'bigint', until_at: 'bigint', mute_window: 'text' },
        key: ['id'],
        indexes: [['community_id', 'until_at']],
      },
    });
  },
};
