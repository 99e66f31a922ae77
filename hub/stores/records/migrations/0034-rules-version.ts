/** Which version of the rules each gateway is to run: of the newest that was queued for it. */
import type { Kysely } from 'kysely';

interface Tables {
  gateways: { id: string; rules_version: number };
  downlinks: { gateway_id: string; seq: number; type: string; body: string };
}

export default {
  async up(untyped: Kysely<unknown>): Promise<void> {
    await untyped.schema
      .alterTable('gateways')
      .addColumn('rules_version', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    const db = untyped as Kysely<Tables>;
    const rows = await db
      .selectFrom('downlinks')
      .select(['gateway_id', 'body'])
      .where('type', '=', 'rules')
      .orderBy('seq')
      .execute();
    for (const { gateway_id: gatewayId, body } of rows) {
      const { version } = JSON.parse(body) as { version: number };
      await db.updateTable('gateways').set({ rules_version: version }).where('id', '=', gatewayId).execute();
    }
  },
};
