/**
 * The fault harness: breaks a street at random, by seed, and takes account afterwards. Kills are
 * SIGKILL; the link is cut and throttled by a proxy; the gateway's disk is a small ext4 of its own
 * where root may mount one; the clock is skewed by Debian's faketime where it is installed.
 */
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../simulators/random.ts';
import { findProgram } from '../../tools/programs.ts';
import { until } from '../system/world.ts';
import { type Disk, mountDisk } from './disk.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { type Account, type Gap, reconcile } from './reconcile.ts';
import { type Street, startStreet } from './street.ts';

const FAKETIME = findProgram('faketime');

export interface TortureResult {
  faults: Record<string, number>;
  account: Account;
  /** Call points whose alarm at the hub is not what their last acknowledged word says. */
  conditionsWrong: string[];
}

interface Fault {
  name: string;
  run(street: Street, fleet: Fleet, random: () => number): Promise<void>;
}

interface DiskFault {
  name: string;
  run(street: Street, disk: Disk, random: () => number): Promise<void>;
}

export async function torture(options: {
  minutes: number;
  seed: number;
  devices: number;
  say(line: string): void;
}): Promise<TortureResult> {
  const random = seededRandom(String(options.seed)).next;
  const disk = mountDisk();
  if (!disk) options.say('no small disk could be mounted (needs root): full and read-only disk are left out');
  if (!FAKETIME) options.say('faketime is not installed: the skewed clock is left out');
  const street = await startStreet({ devices: options.devices, ...(disk ? { gatewayDir: disk.folder } : {}) });
  const fleet = startFleet({ url: street.deviceUrl, devices: street.devices, periodMs: 100, random });
  const faults: Fault[] = [
    ...FAULTS.filter((fault) => FAKETIME || fault.name !== 'clock-skew'),
    ...(disk ? DISK_FAULTS : []).map(({ name, run }) => ({
      name,
      run: (broken: Street) => run(broken, disk as Disk, random),
    })),
  ];
  const counts: Record<string, number> = Object.fromEntries(faults.map((fault) => [fault.name, 0]));
  try {
    const end = Date.now() + options.minutes * 60_000;
    await pause(2_000);
    for (let round = 0; Date.now() < end; round += 1) {
      // The first rounds take every fault once; after that chance decides.
      const fault = faults[round < faults.length ? round : Math.floor(random() * faults.length)];
      if (!fault) break;
      options.say(`${new Date().toISOString()} ${fault.name} (sent ${fleet.sent.length})`);
      await fault.run(street, fleet, random);
      counts[fault.name] = (counts[fault.name] ?? 0) + 1;
      await pause(1_000 + random() * 4_000);
    }
    street.link.throttle(undefined);
    street.link.restore();
    await fleet.stop(60_000);
    await drained(street, options.say);
    const account = reconcile(fleet.sent, await storedAtHub(street, fleet), await gapsAtHub(street));
    return { faults: counts, account, conditionsWrong: await wrongConditions(street, fleet) };
  } finally {
    await fleet.stop(0);
    await street.stop();
    disk?.unmount();
  }
}

const FAULTS: Fault[] = [
  { name: 'kill-gateway', run: (street) => street.restartEdge({ signal: 'SIGKILL' }) },
  { name: 'kill-hub', run: (street) => street.restartHub('SIGKILL') },
  {
    name: 'cut-link',
    async run(street, _fleet, random) {
      street.link.cut();
      await pause(2_000 + random() * 8_000);
      street.link.restore();
    },
  },
  {
    name: 'throttle-link',
    async run(street, _fleet, random) {
      street.link.throttle(20_000);
      await pause(2_000 + random() * 8_000);
      street.link.throttle(undefined);
    },
  },
  {
    name: 'kill-both-while-cut',
    async run(street) {
      street.link.cut();
      await pause(1_500);
      await street.restartEdge({ signal: 'SIGKILL' });
      await street.restartHub('SIGKILL');
      street.link.restore();
    },
  },
  { name: 'rubbish-payloads', run: async (_street, fleet) => fleet.rubbish() },
  { name: 'rubbish-bytes', run: (street, _fleet, random) => sendBytes(street, random) },
  {
    name: 'torn-tail',
    run: (street, _fleet, random) =>
      street.restartEdge({ signal: 'SIGKILL', whileDown: () => tearTail(street.gatewayDir, random) }),
  },
  {
    name: 'clock-skew',
    async run(street, _fleet, random) {
      const skew = Math.round((random() - 0.5) * 240);
      await street.restartEdge({
        signal: 'SIGTERM',
        env: {
          LD_PRELOAD: FAKETIME ?? '',
          FAKETIME: `${skew >= 0 ? '+' : ''}${skew}s`,
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      });
      await pause(3_000);
      await street.restartEdge({ signal: 'SIGTERM' });
    },
  },
];

const DISK_FAULTS: DiskFault[] = [
  {
    name: 'disk-full',
    async run(_street, disk, random) {
      disk.fill();
      await pause(3_000 + random() * 5_000);
      disk.makeRoom();
    },
  },
  {
    name: 'disk-read-only',
    async run(street, disk, random) {
      disk.turnReadOnly();
      await until(() => street.edge.gone() || /read-only/i.test(street.edge.output()), {
        timeoutMs: 60_000,
        what: 'the gateway to say that its disk is read-only, or to end so that it is started again',
        given: () => street.edge.output().slice(-2_000),
      });
      await pause(3_000 + random() * 5_000);
      await street.restartEdge({ signal: 'SIGTERM', whileDown: disk.repair });
    },
  },
];

/** Bytes that are no MQTT, and half a CONNECT that is left hanging. */
async function sendBytes(street: Street, random: () => number): Promise<void> {
  const port = Number(new URL(street.deviceUrl).port);
  for (let round = 0; round < 20; round += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(
          Buffer.from(Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256))),
        );
        setTimeout(() => socket.destroy(), 20);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }
}

/** What a torn write leaves: rubbish behind the end of the newest file of the store. */
function tearTail(folder: string, random: () => number): void {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => /\.mdb$|\.log$|\.seg$/.test(path) && statSync(path).isFile());
  const file = files[Math.floor(random() * files.length)];
  if (file) appendFileSync(file, Buffer.alloc(1 + Math.floor(random() * 3_000), 0xa5));
}

/** Waits until the hub holds everything that the gateway had to say. */
async function drained(street: Street, say: (line: string) => void): Promise<void> {
  type Gateways = { items: { backlog: { batches: number } | null }[] };
  let last = '';
  await until(
    async () => {
      const { items } = await street.get<Gateways>('/api/gateways');
      last = JSON.stringify(items);
      return items[0]?.backlog?.batches === 0;
    },
    { timeoutMs: 180_000, what: 'the backlog to drain', given: () => `${last}\n${street.edge.output().slice(-2_000)}` },
  );
  // A heartbeat may be older than the last batch: one more period, then nothing may be left.
  await pause(6_000);
  say('drained');
}

/** Every reading the hub holds, by asking for buckets of one millisecond. */
async function storedAtHub(street: Street, fleet: Fleet): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  const spans = new Map<string, number[]>();
  for (const { deviceId, at } of fleet.sent) spans.set(deviceId, [...(spans.get(deviceId)?.slice(0, 1) ?? [at]), at]);
  for (const [deviceId, [from = 0, to = from]] of spans) {
    for (let at = from; at <= to; at += 10_000) {
      const { points } = await street.get<{ points: number[][] }>(
        `/api/devices/${deviceId}/series?field=pressureMpa&from=${at}&to=${at + 10_000}&stepMs=1`,
      );
      for (const [bucket = 0, , , , count = 0] of points) stored.set(`${deviceId} ${bucket}`, count);
    }
  }
  return stored;
}

async function gapsAtHub(street: Street): Promise<Gap[]> {
  return (await street.get<{ items: Gap[] }>('/api/gaps?gatewayId=torture-gw&limit=500')).items;
}

async function wrongConditions(street: Street, fleet: Fleet): Promise<string[]> {
  const wrong: string[] = [];
  for (const [deviceId, said] of fleet.conditions) {
    // Only a device whose last word was acknowledged has a promise to hold the hub to.
    if (said.acknowledged === undefined || said.acknowledged !== said.sent) continue;
    const { items } = await street.get<{ items: { condition: string; latched?: boolean }[] }>(
      `/api/alarms?deviceId=${deviceId}&limit=5`,
    );
    const held = items.some((alarm) => alarm.condition === 'active' && !alarm.latched);
    if (held !== said.acknowledged)
      wrong.push(
        `${deviceId}: last said ${said.acknowledged ? 'pressed' : 'reset'}, the hub shows ${JSON.stringify(items[0] ?? null).slice(0, 300)}`,
      );
  }
  return wrong;
}
