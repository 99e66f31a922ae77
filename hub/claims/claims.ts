/**
 * Claims: the right to enrol one gateway or a batch of devices, given away as a code that works once
 * (or so many times) and not for long. In: what somebody with a code says of himself. Out: an
 * identity. The one who claims may bring a secret of his own; with the same code and the same secret
 * he gets the same answer again, so an answer that was lost on the way costs nobody a trip.
 */
import { readFile } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import { type Location, locationTitle } from '../../core/device.ts';
import { AppError } from '../../core/errors.ts';
import { newSecret } from '../../core/ids.ts';
import { hashSecret, verifySecret } from '../../core/secret.ts';
import { changeDevice, type DeviceRow, insertDevice } from '../devices/enrol.ts';
import { bodyFault } from '../plugins/errors.ts';
import { createLoginLimit } from '../plugins/login-limit.ts';
import type { Services } from '../services.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import { insertGateway } from '../uplink/enrol.ts';
import { newClaimCode, readClaimCode } from './code.ts';

/** 2026-11-24 06:20, as people of the street read it. */
const TIME = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Asia/Shanghai' });

export type ClaimTables = {
  claims: {
    id: string;
    type: string;
    communityId: string;
    /** The gateway to be, or the one that will serve the devices. */
    gatewayId: string;
    name: string;
    /** JSON list of the kinds a device may have; empty for a gateway. */
    kinds: string;
    codeHash: string;
    usesMax: number;
    uses: number;
    createdBy: string;
    createdAt: number;
    expiresAt: number;
    usedAt: number | null;
    revokedAt: number | null;
  };
};
export type ClaimRow = ClaimTables['claims'];

export interface Redemption {
  code: string;
  /** Of the one who claims; the hub makes one when absent. */
  secret?: string | undefined;
  device?: { id: string; kind: string; name?: string | undefined; location?: Location | undefined } | undefined;
}

export function createClaims(services: Services) {
  const { clock, metrics, audit } = services;
  const db = services.records.db.withTables<ClaimTables>();
  const log = services.log.child({ component: 'claims' });
  const limit = createLoginLimit(clock);
  /** An unknown claim costs as much time as a known one: ids cannot be probed. */
  const nobody = hashSecret(newSecret());

  return {
    async create(
      claim: Pick<ClaimRow, 'type' | 'communityId' | 'gatewayId' | 'name' | 'usesMax' | 'createdBy'> & {
        kinds: string[];
        validMs: number;
      },
    ): Promise<{ row: ClaimRow; code: string }> {
      const code = newClaimCode();
      const { kinds, validMs, ...said } = claim;
      const now = clock.now();
      const row: ClaimRow = {
        ...said,
        id: code.id,
        kinds: JSON.stringify(kinds),
        codeHash: await hashSecret(code.secret),
        uses: 0,
        createdAt: now,
        expiresAt: now + validMs,
        usedAt: null,
        revokedAt: null,
      };
      await db.insertInto('claims').values(row).execute();
      return { row, code: code.text };
    },

    /** Throws `unauthenticated` for a code that is none, `conflict` with cause and cure for one that is spent. */
    async redeem(said: Redemption, caller: { address: string; hostname: string }) {
      const row = await rowOfCode(said.code, caller.address);
      if (row.type === 'gateway' && said.device)
        throw new AppError('unprocessable', 'this claim code is for a gateway: have one for devices made');
      return row.type === 'gateway' ? redeemGateway(row, said, caller.hostname) : redeemDevice(row, said);
    },
  };

  async function rowOfCode(text: string, address: string): Promise<ClaimRow> {
    const code = readClaimCode(text);
    const name = code?.id ?? 'unreadable';
    const waitMs = limit.waitMs(address, name);
    if (waitMs > 0) {
      metrics.refused.labels('claim', 'too-many').inc();
      throw new AppError('too-many-requests', `too many wrong claim codes: try again in ${Math.ceil(waitMs / 1000)} s`);
    }
    const row = code && (await db.selectFrom('claims').selectAll().where('id', '=', code.id).executeTakeFirst());
    const isRight = await verifySecret(code?.secret ?? '', row?.codeHash ?? (await nobody));
    if (row && isRight) return row;
    limit.failed(address, name);
    metrics.refused.labels('claim', 'wrong-code').inc();
    log.warn({ claimId: row?.id, address }, 'refused a claim code');
    if (row) await tell('claim.refused', row, { type: 'system', id: 'claims' }, { reason: 'wrong-code', address });
    throw new AppError(
      'unauthenticated',
      'this is no claim code of this hub: check that it was copied whole, or have a new one made on the console (gateways → claim code)',
    );
  }

  async function redeemGateway(row: ClaimRow, said: Redemption, hostname: string) {
    const secret = said.secret ?? newSecret();
    const { gatewayId: id, communityId, name } = row;
    if (!(await isSame(secret, services.gateways.get(id)))) {
      await assertUsable(row);
      await services.records.db.transaction().execute(async (transaction) => {
        await takeUse(transaction, row);
        await insertGateway(services, transaction, { id, communityId, name, secret });
        await tell('claim.redeemed', row, { type: 'gateway', id }, { gatewayId: id }, transaction);
      });
      await services.gateways.reload();
    }
    const { caFile } = services.config.uplink;
    return {
      type: 'gateway' as const,
      gateway: { id, communityId, name },
      secret,
      uplink: { url: services.uplink.urlFor(hostname), ca: caFile ? await readFile(caFile, 'utf8') : null },
    };
  }

  async function redeemDevice(row: ClaimRow, { device, secret = newSecret() }: Redemption) {
    if (!device)
      throw new AppError(
        'unprocessable',
        'this claim code is for devices: name the device (id, kind, location), or have a code for a gateway made',
      );
    const kinds = JSON.parse(row.kinds) as string[];
    if (!kinds.includes(device.kind)) throw bodyFault('/device/kind', `is not one of this code: ${kinds.join(', ')}`);
    const { gatewayId, communityId } = row;
    const known = await db.selectFrom('devices').selectAll().where('id', '=', device.id).executeTakeFirst();
    const isAgain =
      known?.gatewayId === gatewayId &&
      (await isSame(secret, { secretHashes: JSON.parse(known.secretHashes) as string[], revokedAt: null }));
    const location = device.location ?? {};
    if (!isAgain) {
      await assertUsable(row);
      const made: DeviceRow = {
        id: device.id,
        kind: device.kind,
        communityId,
        gatewayId,
        name: device.name ?? locationTitle(location),
        location: JSON.stringify(location),
        options: null,
        secretHashes: JSON.stringify([await hashSecret(secret)]),
        createdAt: clock.now(),
      };
      const actor = { type: 'system' as const, id: 'claims' };
      const change = { actor, action: 'device.enrolled', device: made, detail: { claimId: row.id } };
      await changeDevice(services, change, async (transaction) => {
        await takeUse(transaction, row);
        await insertDevice(transaction, made);
        await tell('claim.redeemed', row, actor, { deviceId: device.id }, transaction);
      });
    }
    const { id, kind } = device;
    return {
      type: 'device' as const,
      device: { id, kind, communityId, gatewayId },
      username: id,
      secret,
      topic: `linli/${communityId}/${kind}/${id}/`,
    };
  }

  /** The right code of a claim that is over: whoever holds it may know why, and what helps. */
  async function assertUsable(row: ClaimRow): Promise<void> {
    const spent = spentReason(row, clock.now());
    if (spent === undefined) return;
    metrics.refused.labels('claim', spent.reason).inc();
    await tell('claim.refused', row, { type: 'system', id: 'claims' }, { reason: spent.reason });
    throw new AppError('conflict', `${spent.text}: have a new one made on the console (gateways → claim code)`);
  }

  /** Two that come at the same time cannot both have the last use. */
  async function takeUse(transaction: Kysely<RecordTables>, row: ClaimRow): Promise<void> {
    const done = await transaction
      .withTables<ClaimTables>()
      .updateTable('claims')
      .set((built) => ({ uses: built('uses', '+', 1), usedAt: clock.now() }))
      .where('id', '=', row.id)
      .where('uses', '<', row.usesMax)
      .where('revokedAt', 'is', null)
      .executeTakeFirst();
    if (done.numUpdatedRows !== 1n) throw new AppError('conflict', 'this claim code was used up a moment ago');
  }

  function tell(
    action: string,
    row: ClaimRow,
    actor: Parameters<typeof audit.add>[0]['actor'],
    detail: Record<string, unknown>,
    transaction?: Kysely<RecordTables>,
  ): Promise<void> {
    const { id, communityId } = row;
    return audit.add({ actor, action, target: { type: 'claim', id }, communityId, detail }, transaction);
  }
}

/** Why a claim cannot be used any more; undefined while it can. */
export function spentReason(
  row: ClaimRow,
  now: number,
): { reason: 'revoked' | 'used' | 'expired'; text: string } | undefined {
  if (row.revokedAt !== null)
    return { reason: 'revoked', text: `this claim code was revoked at ${TIME.format(row.revokedAt)}` };
  if (row.uses >= row.usesMax) {
    const times = row.usesMax === 1 ? '' : ` all ${row.usesMax} times`;
    return {
      reason: 'used',
      text: `this claim code was used${times}, last at ${TIME.format(row.usedAt ?? row.createdAt)}`,
    };
  }
  return now >= row.expiresAt
    ? { reason: 'expired', text: `this claim code expired at ${TIME.format(row.expiresAt)}` }
    : undefined;
}

async function isSame(
  secret: string,
  known: { secretHashes: string[]; revokedAt: number | null } | undefined,
): Promise<boolean> {
  if (!known || known.revokedAt !== null) return false;
  for (const hash of known.secretHashes) if (await verifySecret(secret, hash)) return true;
  return false;
}
