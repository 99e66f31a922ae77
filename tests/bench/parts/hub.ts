/**
 * A real hub as a process, with a gateway and so many devices of one secret in its records, written
 * there directly: a benchmark is not about enrolment. Argument: folder, kind → how many as JSON. On
 * a folder that has been used it only starts.
 * Prints `up PORT` of the uplink; the folder's bench.json tells how to log in.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../core/clock.ts';
import { hashSecret } from '../../../core/secret.ts';
import { readConfig } from '../../../hub/config.ts';
import { createHub } from '../../../hub/hub.ts';
import { hashPassword } from '../../../hub/password.ts';

export interface HubOrder {
  folder: string;
  communityId: string;
  gatewayId: string;
  secret: string;
  /** Prefix of the id → kind and count. */
  devices: Record<string, { kind: string; count: number }>;
}

const order = JSON.parse(process.argv[2] ?? '{}') as HubOrder;
const { folder, communityId, gatewayId, secret } = order;
const config = readConfig({ LINLI_DATA_DIR: folder, LINLI_HUB_PORT: '0', LINLI_UPLINK_PORT: '0' });
const hub = await createHub(config, { clock: systemClock, log: pino({ level: 'error' }, pino.destination(2)) });
const { db } = hub.services.records;
const isUsed = await db.selectFrom('communities').select('id').executeTakeFirst();
if (isUsed === undefined) await fill();
await hub.start();
process.once('SIGTERM', async () => {
  await hub.stop();
  process.exit(0);
});
writeFileSync(
  join(folder, 'bench.json'),
  JSON.stringify({ url: `http://127.0.0.1:${hub.httpPort}`, username: 'guard', password: secret }),
);
process.stdout.write(`up ${hub.uplinkPort}\n`);

async function fill(): Promise<void> {
  const secretHashes = JSON.stringify([await hashSecret(secret)]);
  const createdAt = systemClock.now();
  await db
    .insertInto('communities')
    .values({ id: communityId, name: communityId, type: '商品房', createdAt })
    .execute();
  await db
    .insertInto('gateways')
    .values({
      id: gatewayId,
      communityId,
      name: gatewayId,
      secretHashes,
      createdAt,
      registryVersion: 0,
      rulesVersion: 0,
      revokedAt: null,
    })
    .execute();
  for (const [prefix, { kind, count }] of Object.entries(order.devices)) {
    const rows = Array.from({ length: count }, (_, index) => ({
      id: `${prefix}${index}`,
      kind,
      communityId,
      gatewayId,
      name: `${kind} ${index}`,
      location: JSON.stringify({ building: String(1 + (index % 9)), floor: 1 + (index % 20) }),
      options: null,
      secretHashes,
      createdAt,
    }));
    await db.insertInto('devices').values(rows).execute();
  }
  await db
    .insertInto('users')
    .values({
      id: 'bench-guard',
      username: 'guard',
      displayName: 'guard',
      role: 'guard',
      communityIds: JSON.stringify([communityId]),
      passwordHash: await hashPassword(secret),
      disabledAt: null,
      createdAt,
    })
    .execute();
  await hub.services.downlinks.queueRegistry(db, gatewayId);
}
