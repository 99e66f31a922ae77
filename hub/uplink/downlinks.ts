/**
 * What the hub has to tell each gateway: a stored queue with a sequence per gateway, sent until it is
 * acknowledged. In: `queue` inside the transaction that made it necessary. Out: `next` for the sender.
 * A registry is queued as a mark only; its content is read when it is sent, so the newest always goes out.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import { type Device, locationSchema } from '../../core/device.ts';
import type { Downlink, DownlinkBody } from '../../core/envelope.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';

export interface Downlinks {
  /** Adds to a gateway's queue; call `changed` after the transaction is through. */
  queue(db: Kysely<RecordTables>, gatewayId: string, body: Exclude<DownlinkBody, { type: 'registry' }>): Promise<void>;
  /** The register of the gateway's devices changed: it must get the whole of it. */
  queueRegistry(db: Kysely<RecordTables>, gatewayId: string): Promise<void>;
  /** Tells the sender to look. */
  changed(gatewayId: string): void;
  onChanged(listener: (gatewayId: string) => void): void;
  /** The oldest that is not acknowledged. */
  next(gatewayId: string): Promise<Downlink | undefined>;
  acknowledge(gatewayId: string, seq: number): Promise<void>;
}

export function createDownlinks({ records, clock }: { records: Records; clock: Clock }): Downlinks {
  const listeners = new Set<(gatewayId: string) => void>();

  const downlinks: Downlinks = {
    async queue(db, gatewayId, body) {
      const seq = await insert(db, clock, { gatewayId, type: body.type, body: JSON.stringify(body) });
      if (isWhole(body.type)) await dropWaiting(db, gatewayId, body.type, seq);
      if (body.type !== 'rules') return;
      await db.updateTable('gateways').set({ rulesVersion: body.version }).where('id', '=', gatewayId).execute();
    },
    async queueRegistry(db, gatewayId) {
      const version = await insert(db, clock, { gatewayId, type: 'registry', body: '' });
      await dropWaiting(db, gatewayId, 'registry', version);
      await db.updateTable('gateways').set({ registryVersion: version }).where('id', '=', gatewayId).execute();
    },
    changed: (gatewayId) => {
      for (const listener of listeners) listener(gatewayId);
    },
    onChanged: (listener) => void listeners.add(listener),
    async next(gatewayId) {
      const row = await records.db
        .selectFrom('downlinks')
        .selectAll()
        .where('gatewayId', '=', gatewayId)
        .where('ackedAt', 'is', null)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst();
      if (!row) return undefined;
      const body: DownlinkBody =
        row.type === 'registry' ? await registry(records, gatewayId, row.seq) : (JSON.parse(row.body) as DownlinkBody);
      return { seq: row.seq, sentAt: clock.now(), body };
    },
    async acknowledge(gatewayId, seq) {
      await records.db
        .updateTable('downlinks')
        .set({ ackedAt: clock.now() })
        .where('gatewayId', '=', gatewayId)
        .where('seq', '<=', seq)
        .where('ackedAt', 'is', null)
        .execute();
    },
  };
  return downlinks;
}

/** A later one says everything that an earlier one did. */
function isWhole(type: DownlinkBody['type']): boolean {
  return type === 'registry' || type === 'rules' || type === 'settings';
}

/**
 * What waits before `seq`. The later one was numbered while the earlier still counted: one that is on
 * its way must not be acknowledged in the name of the other.
 */
async function dropWaiting(
  db: Kysely<RecordTables>,
  gatewayId: string,
  type: DownlinkBody['type'],
  seq: number,
): Promise<void> {
  await db
    .deleteFrom('downlinks')
    .where('gatewayId', '=', gatewayId)
    .where('type', '=', type)
    .where('ackedAt', 'is', null)
    .where('seq', '<', seq)
    .execute();
}

/**
 * A gateway remembers the last sequence it took, and a hub whose records were lost must not start
 * below it: so sequences begin at the clock's seconds and never fall behind them.
 */
async function insert(
  db: Kysely<RecordTables>,
  clock: Clock,
  row: { gatewayId: string; type: string; body: string },
): Promise<number> {
  const last = await db
    .selectFrom('downlinks')
    .select((built) => built.fn.max('seq').as('seq'))
    .where('gatewayId', '=', row.gatewayId)
    .executeTakeFirst();
  const now = clock.now();
  const seq = last?.seq ? Number(last.seq) + 1 : Math.floor(now / 1000);
  await db
    .insertInto('downlinks')
    .values({ ...row, seq, createdAt: now, ackedAt: null })
    .execute();
  return seq;
}

async function registry(records: Records, gatewayId: string, version: number): Promise<DownlinkBody> {
  const rows = await records.db
    .selectFrom('devices')
    .selectAll()
    .where('gatewayId', '=', gatewayId)
    .orderBy('id')
    .execute();
  const devices = rows.map((row) => ({ ...deviceOf(row), secretHashes: JSON.parse(row.secretHashes) as string[] }));
  return { type: 'registry', version, devices };
}

export function deviceOf(row: RecordTables['devices']): Device {
  return {
    id: row.id,
    kind: row.kind,
    communityId: row.communityId,
    gatewayId: row.gatewayId,
    name: row.name,
    location: locationSchema.parse(JSON.parse(row.location)),
    ...(row.options ? { options: JSON.parse(row.options) as Record<string, unknown> } : {}),
  };
}
