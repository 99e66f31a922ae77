/**
 * Damaged files under a real gateway process: it starts, says what it found and where the damaged file
 * is kept, saves what is whole, gives an account of the rest, and serves its devices.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import type { Entry } from '../../core/envelope.ts';
import { fileOfPlace, JournalWriter, type SegmentPlace, scanJournal } from '../../edge/journal.ts';
import { type Process, startProcess } from '../system/processes.ts';
import { alarmsOf, DEVICES, getJson, login, makeFolder, type TestFolder } from './support/gateway.ts';
import { type StubHub, startStubHub } from './support/stub-hub.ts';

const PAGE = 4_096;
const SMOKE = 'linli/jinxiu/smoke-detector/smoke-1';
const MESSAGES = 200;
const UP = /up: devices mqtt:\/\/127\.0\.0\.1:(\d+), panel http:\/\/127\.0\.0\.1:(\d+)/;

/** Mounting takes rights that a container often lacks. */
const MAY_MOUNT = ((): boolean => {
  const place = mkdtempSync(join(tmpdir(), 'linli-mount-'));
  try {
    execFileSync('mount', ['--bind', place, place], { stdio: 'ignore' });
    execFileSync('umount', [place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true });
  }
})();

describe('a gateway whose files are damaged', { timeout: 120_000 }, () => {
  let hub: StubHub;
  let folder: TestFolder;
  let edge: Process & { mqttUrl: string; panelUrl: string };
  /** Number of each reading that the device has an acknowledgement for → when it was about to be sent, epoch ms. */
  const acknowledged = new Map<number, number>();
  const inStore = (...names: string[]) => join(folder.folder, 'data', 'store', ...names);

  beforeEach(async () => {
    hub = await startStubHub();
    const outbox = { lingerMs: 0, windowBatches: 4, diskFreeMegabyteMin: 0 };
    folder = makeFolder({ hub: { url: hub.url, secretFile: 'secret' }, outbox });
    edge = await start();
    acknowledged.clear();
  });
  afterEach(async () => {
    await edge.end('SIGKILL');
    await hub.stop();
    folder.remove();
  });

  async function start(): Promise<typeof edge> {
    const args = ['--config', folder.configFile];
    const process = await startProcess({ file: 'edge/main.ts', args, env: {}, upWhen: UP });
    const [, mqtt, panel] = UP.exec(process.output()) ?? [];
    return Object.assign(process, { mqttUrl: `mqtt://127.0.0.1:${mqtt}`, panelUrl: `http://127.0.0.1:${panel}` });
  }
  async function say(messages: [channel: string, body: unknown][]): Promise<void> {
    const client = await login(edge.mqttUrl, 'smoke-1');
    for (const [channel, body] of messages) {
      const at = Date.now();
      await client.publishAsync(`${SMOKE}/${channel}`, JSON.stringify(body), { qos: 1 });
      if (channel === 'telemetry') acknowledged.set(numberOf(body), at);
    }
    await client.endAsync();
  }
  const reading = (index: number): [string, unknown] => [
    'telemetry',
    { smokeDbPerM: index / 10_000, temperatureCelsius: 20 },
  ];
  const numberOf = (body: unknown) => numbered((body as { smokeDbPerM: number }).smokeDbPerM);
  const numbered = (value: unknown) => Math.round(Number(value) * 10_000);
  const valuesAtHub = () => new Set(of('telemetry').flatMap((entry) => (entry.values.smokeDbPerM ?? []).map(numbered)));
  /** Acknowledged readings that the hub has not, those of them that lie in no gap, and batches told as lost. */
  const lost = () => {
    const values = valuesAtHub();
    const readings = [...acknowledged].filter(([number]) => !values.has(number));
    const gaps = of('gap').filter(
      ({ reason, lane }) => reason === 'corrupt' && ['telemetry', 'backlog'].includes(lane),
    );
    return {
      count: readings.length,
      untold: readings.filter(([, at]) => !gaps.some(({ fromAt, toAt }) => fromAt <= at && at <= toAt)),
      batchesTold: gaps.reduce((sum, { count }) => sum + count, 0),
    };
  };
  const of = <T extends Entry['type']>(type: T) =>
    hub.entries().filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);
  const problems = async () => (await getJson<{ problems?: string[] }>(`${edge.panelUrl}/api/state`)).problems ?? [];

  /** An alarm that the hub has, readings that it has not, and an end with no goodbye. */
  async function liveAndDie(): Promise<void> {
    await say([['event', { type: 'alarm' }]]);
    await expect.poll(() => of('fact').length, { timeout: 20_000 }).toBeGreaterThan(0);
    // What was said of the alarm and the device's life is at the hub, too: only readings are left to lose.
    const events = 'linli_edge_outbox_batches{lane="event"}';
    await expect.poll(() => metricOf(edge.panelUrl, events), { timeout: 20_000 }).toBe(0);
    hub.judge = () => undefined;
    await say(Array.from({ length: MESSAGES }, (_, index) => reading(index)));
    await expect.poll(() => metricOf(edge.panelUrl, 'linli_edge_journal_behind_segments'), { timeout: 20_000 }).toBe(0);
    await edge.end('SIGKILL');
    hub.batches.splice(0);
    hub.judge = ({ epoch, lane, seq }) => ({ epoch, lane, seq });
  }
  function overwrite(path: string, at: number, bytes: Buffer): void {
    const file = openSync(path, 'r+');
    writeSync(file, bytes, 0, bytes.length, at);
    closeSync(file);
  }
  function truncate(path: string, size: number): void {
    const file = openSync(path, 'r+');
    ftruncateSync(file, size);
    closeSync(file);
  }
  const garbage = (bytes: number) =>
    Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 2_654_435_761) >>> 7));
  async function servesAgain(): Promise<void> {
    await say([reading(9_999)]);
    await expect.poll(() => valuesAtHub().has(9_999), { timeout: 30_000 }).toBe(true);
  }

  it('saves everything from a store whose header is gone', async () => {
    await liveAndDie();
    overwrite(inStore('state', 'data.mdb'), 0, Buffer.alloc(PAGE));
    edge = await start();
    const [line] = await problems();
    expect(line).toMatch(
      /^store: it was damaged \(.+\); \d+ alarm facts and \d+ waiting batches saved, 0 batches lost; .* kept as /,
    );
    const kept = line?.split('kept as ')[1] ?? '';
    expect(readFileSync(join(kept, 'data.mdb')).subarray(0, PAGE).equals(Buffer.alloc(PAGE))).toBe(true);
    expect(await alarmsOf(edge.panelUrl)).toMatchObject([{ deviceId: 'smoke-1', condition: 'active' }]);
    await expect.poll(() => valuesAtHub().size, { timeout: 30_000 }).toBe(MESSAGES);
    expect(hub.batches.filter(({ lane }) => lane === 'telemetry').every(({ history }) => history)).toBe(true);
    await servesAgain();
  });

  it('saves what lies around rubbish in the middle of a store, and accounts for the rest', async () => {
    await liveAndDie();
    const data = inStore('state', 'data.mdb');
    const middle = Math.floor(statSync(data).size / PAGE / 2) * PAGE;
    overwrite(data, middle, garbage(12 * PAGE));
    edge = await start();
    expect((await problems())[0]).toMatch(/^store: it was damaged/);
    await servesAgain();
    await expect.poll(() => lost().untold, { timeout: 20_000 }).toEqual([]);
    for (const gap of of('gap').filter(({ reason }) => reason === 'corrupt'))
      expect(gap).toMatchObject({ deviceId: 'gw-1', lane: 'telemetry' });
  });

  it.for([0.5, 0.1, 0])('starts from the journal when the store was cut to %d of its length', async (share) => {
    await liveAndDie();
    const data = inStore('state', 'data.mdb');
    truncate(data, Math.floor((statSync(data).size * share) / PAGE) * PAGE);
    edge = await start();
    expect((await problems())[0]).toMatch(/^store: it was damaged/);
    expect(readdirSync(inStore('damaged'))).toHaveLength(1);
    // The fire is still burning for all that the gateway knows: the journal has its event.
    await expect
      .poll(() => alarmsOf(edge.panelUrl), { timeout: 20_000 })
      .toMatchObject([{ deviceId: 'smoke-1', rule: 'fire' }]);
    await servesAgain();
    // What the cut part held of the outbox is told; it may have held all of it.
    await expect.poll(() => lost().untold, { timeout: 20_000 }).toEqual([]);
    expect(lost().batchesTold, 'each batch told as lost held a reading that is').toBeLessThanOrEqual(lost().count);
    const epochs = new Set(hub.batches.map(({ epoch }) => epoch));
    expect(epochs.size).toBe(1);
  });

  it('lets devices of the hub’s register in when the store is lost and the hub is away', async () => {
    const fromHub = DEVICES.map((one) => ({ ...one, name: 'of the hub' }));
    await expect.poll(() => hub.heartbeats.length, { timeout: 20_000 }).toBeGreaterThan(0);
    hub.send({ type: 'registry', version: 7, devices: fromHub });
    await expect.poll(() => hub.downlinksDone, { timeout: 20_000 }).toContain(1);
    await edge.end('SIGKILL');
    const { port } = hub;
    await hub.stop();
    truncate(inStore('state', 'data.mdb'), 0);
    writeFileSync(join(folder.folder, 'registry.json'), '[]');
    edge = await start();
    await say([reading(1)]);
    expect(await getJson(`${edge.panelUrl}/api/state`)).toMatchObject({ registryVersion: 7 });
    hub = await startStubHub(port);
  });

  it('passes by a damaged segment in the middle of the journal and says how many and of when', async () => {
    await liveAndDie();
    const at = Date.now();
    const places = await appendSegments([10_000, 10_001, 10_002, 10_003, 10_004], at);
    const third = places[2] as SegmentPlace;
    overwrite(fileOfPlace(inStore('journal'), third), third.at + third.bytes - 8, garbage(8));
    edge = await start();
    const line = (await problems())[0] ?? '';
    expect(line).toMatch(/^journal: 1 damaged segments were passed by, the damaged file is kept as /);
    expect(existsSync(line.split('kept as ')[1] ?? '')).toBe(true);
    await expect
      .poll(() => of('gap'), { timeout: 30_000 })
      .toMatchObject([{ reason: 'corrupt', count: 1, deviceId: 'gw-1', fromAt: at + 1, toAt: at + 3 }]);
    await servesAgain();
    for (const value of [10_000, 10_001, 10_003, 10_004]) expect(valuesAtHub()).toContain(value);
    expect(valuesAtHub()).not.toContain(10_002);
    await edge.end('SIGTERM');
    hub.batches.splice(0);
    edge = await start();
    expect(await problems()).toEqual([]);
    expect(of('gap')).toEqual([]);
  });

  /** What a listener's thread wrote in its last moment and nobody evaluated. */
  async function appendSegments(values: number[], at: number): Promise<SegmentPlace[]> {
    const journal = inStore('journal');
    const before = scanJournal(journal).places;
    const written: SegmentPlace[] = [];
    const writer = new JournalWriter(journal, {
      after: 0,
      places: before,
      clock: systemClock,
      events: { onSegment: (place) => written.push(place), onBlocked: () => {} },
    });
    for (const [index, value] of values.entries()) {
      const payload = Buffer.from(JSON.stringify({ smokeDbPerM: value / 10_000, temperatureCelsius: 20 }));
      const times = { at: at + index, receivedAt: at + index };
      const record = { channel: 'telemetry', deviceId: 'smoke-1', kind: 'smoke-detector', quality: 'good' } as const;
      await new Promise<void>((resolve) => writer.add({ ...record, ...times, messageId: 0, payload }, resolve));
    }
    await writer.stop();
    return written;
  }

  it.skipIf(!MAY_MOUNT)(
    'waits for a disk that is read-only, says so, and starts when it can (needs the right to mount)',
    async () => {
      await liveAndDie();
      const data = join(folder.folder, 'data');
      execFileSync('mount', ['--bind', data, data]);
      try {
        execFileSync('mount', ['-o', 'remount,ro,bind', data]);
        const starting = await startProcess({
          file: 'edge/main.ts',
          args: ['--config', folder.configFile],
          env: {},
          upWhen: /cannot be written \(EROFS\), the disk is read-only: look for its faults, then mount it writable/,
        });
        execFileSync('mount', ['-o', 'remount,rw,bind', data]);
        await expect.poll(() => UP.test(starting.output()), { timeout: 30_000 }).toBe(true);
        await starting.end('SIGTERM');
      } finally {
        execFileSync('umount', [data]);
      }
      edge = await start();
      await servesAgain();
      await expect.poll(() => valuesAtHub().size, { timeout: 30_000 }).toBe(MESSAGES + 1);
    },
  );

  it('is not held up by whole files: no damage, no line', async () => {
    await liveAndDie();
    edge = await start();
    expect(await problems()).toEqual([]);
    expect(existsSync(inStore('damaged'))).toBe(false);
    await servesAgain();
    expect(await edge.end('SIGTERM')).toBe(0);
    expect(existsSync(inStore('running'))).toBe(false);
  });
});

async function metricOf(panelUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${panelUrl}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  );
}
