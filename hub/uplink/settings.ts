/**
 * Versions of the configuration that the hub pushes to its gateways (core/gateway-settings.ts): kept
 * for ever, the newest is the wanted one. Whether it runs, the gateway says in its heartbeat.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import type { GatewaySettings } from '../../core/gateway-settings.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Downlinks } from './downlinks.ts';

export type SettingsTables = {
  gatewaySettings: {
    gatewayId: string;
    version: number;
    settings: string;
    note: string | null;
    createdBy: string;
    createdAt: number;
  };
};

/** Adds a version and queues it; call `downlinks.changed` after the transaction is through. */
export async function addSettings(
  db: Kysely<RecordTables>,
  { downlinks, clock }: { downlinks: Downlinks; clock: Clock },
  said: { gatewayId: string; settings: GatewaySettings; note: string | undefined; createdBy: string },
): Promise<SettingsTables['gatewaySettings']> {
  const { gatewayId, settings, note = null, createdBy } = said;
  const last = await wantedSettings(db, gatewayId);
  const version = (last?.version ?? 0) + 1;
  const row = { gatewayId, version, settings: JSON.stringify(settings), note, createdBy, createdAt: clock.now() };
  await db.withTables<SettingsTables>().insertInto('gatewaySettings').values(row).execute();
  await downlinks.queue(db, gatewayId, { type: 'settings', version, settings: { ...settings } });
  return row;
}

export async function wantedSettings(
  db: Kysely<RecordTables>,
  gatewayId: string,
): Promise<SettingsTables['gatewaySettings'] | undefined> {
  return db
    .withTables<SettingsTables>()
    .selectFrom('gatewaySettings')
    .selectAll()
    .where('gatewayId', '=', gatewayId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Gateway → its wanted version. */
export async function wantedVersions(db: Kysely<RecordTables>): Promise<Map<string, number>> {
  const rows = await db
    .withTables<SettingsTables>()
    .selectFrom('gatewaySettings')
    .select((built) => ['gatewayId', built.fn.max('version').as('version')])
    .groupBy('gatewayId')
    .execute();
  return new Map(rows.map((row) => [row.gatewayId, Number(row.version)]));
}
