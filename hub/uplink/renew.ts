/**
 * What a gateway lacks: one that lost its store, or was set up anew under its old name, runs an older
 * register, no rules and no settings, though it acknowledged newer ones. Its heartbeat tells.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import type { DownlinkBody, Heartbeat } from '../../core/envelope.ts';
import { rulesBody } from '../alarms/rules.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Downlinks } from './downlinks.ts';
import type { GatewayRecord, Gateways } from './gateways.ts';
import { wantedSettings } from './settings.ts';

export function createRenewal(parts: {
  records: Records;
  downlinks: Downlinks;
  gateways: Gateways;
  clock: Clock;
}): (heartbeat: Heartbeat) => Promise<boolean> {
  const { records, downlinks, gateways, clock } = parts;
  /** Gateway → the store of it that was looked at for rules: a community without any is asked about once. */
  const looked = new Map<string, string>();

  return async (heartbeat) => {
    const gateway = gateways.get(heartbeat.gatewayId);
    // What waits to be sent may be just what it lacks.
    if (!gateway || !mayLack(heartbeat, gateway, looked.get(gateway.id)) || (await downlinks.next(gateway.id)))
      return false;
    const isRenewed = await records.db.transaction().execute(async (db) => {
      const lacksRegistry = heartbeat.registryVersion < gateway.registryVersion;
      if (lacksRegistry) await downlinks.queueRegistry(db, gateway.id);
      const bodies = [await lackedRules(db, heartbeat, gateway), await lackedSettings(db, heartbeat, gateway)];
      const lacked = bodies.filter((body) => body !== undefined);
      for (const body of lacked) await downlinks.queue(db, gateway.id, body);
      return lacksRegistry || lacked.length > 0;
    });
    if (isRenewed) await gateways.reload();
    return isRenewed;
  };

  async function lackedRules(db: Kysely<RecordTables>, heartbeat: Heartbeat, { id, communityId }: GatewayRecord) {
    const { rules, epoch } = heartbeat;
    if (rules?.version !== 0 || looked.get(id) === epoch) return undefined;
    looked.set(id, epoch);
    if (rules.refused) return undefined;
    const body = await rulesBody(db, communityId, clock.now());
    return body.overrides.length + body.windows.length > 0 ? body : undefined;
  }
}

function mayLack(heartbeat: Heartbeat, gateway: GatewayRecord, lookedAt: string | undefined): boolean {
  const { epoch, registryVersion, rules, settings } = heartbeat;
  if (registryVersion < gateway.registryVersion || (rules?.version === 0 && lookedAt !== epoch)) return true;
  return settings !== undefined && settings.version < gateway.settingsVersion;
}

/** A version that the gateway refused is not sent again: a newer one has to be made. */
async function lackedSettings(
  db: Kysely<RecordTables>,
  { settings }: Heartbeat,
  { id, settingsVersion }: GatewayRecord,
): Promise<Exclude<DownlinkBody, { type: 'registry' }> | undefined> {
  if (!settings || settings.version >= settingsVersion || settings.refused?.version === settingsVersion)
    return undefined;
  const wanted = await wantedSettings(db, id);
  return wanted && { type: 'settings', version: wanted.version, settings: JSON.parse(wanted.settings) };
}
