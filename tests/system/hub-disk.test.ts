/**
 * A real hub on a real ext4 that fills up or turns read-only: it acknowledges nothing that is not stored, names the
 * cause and the cure, and has everything that it acknowledged once the disk is mended.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { createDuckdbSeries } from '../../hub/stores/series/duckdb.ts';
import type { SeriesStore } from '../../hub/stores/series/series.ts';
import { type RealHub, startRealHub, type TestGateway, telemetry } from '../hub/real-hub.ts';
import { type Disk, mountDisk } from '../torture/disk.ts';

const trial = mountDisk();
trial?.unmount();
if (process.env.CI === 'true' && !trial) throw new Error('this test needs the right to mount an ext4 in a loop device');

const START = Date.now() - 3_600_000;

describe.skipIf(!trial)('a hub whose disk takes nothing', { timeout: 180_000 }, () => {
  let disk: Disk;
  let real: RealHub | undefined;
  let series: SeriesStore | undefined;
  let gateway: TestGateway;
  let minute = 0;
  const acknowledged: number[] = [];
  beforeEach(() => {
    disk = mountDisk() as Disk;
  });
  afterEach(async () => {
    try {
      await real?.stop();
      await series?.stop();
    } finally {
      disk.unmount();
      real = undefined;
      series = undefined;
    }
  });

  async function start(): Promise<RealHub> {
    const hub = await startRealHub({ LINLI_DATA_DIR: join(disk.folder, 'data') });
    real = hub;
    onTestFailed(() => void process.stderr.write(`the hub's log:\n${hub.log()}\n`));
    gateway = await hub.gateway('gw-1', 'jinxiu');
    const location = { building: '3', floor: 5 };
    await hub.admin.post('/api/devices', { id: 'smoke-1', kind: 'smoke-detector', communityId: 'jinxiu', location });
    minute = 0;
    acknowledged.length = 0;
    for (let count = 0; count < 5; count += 1) await say();
    return hub;
  }

  /** One reading a minute; resolves when the hub has acknowledged it. */
  async function say(): Promise<void> {
    const at = START + minute * 60_000;
    minute += 1;
    await gateway.send('telemetry', [telemetry(gateway, 'smoke-1', at, { temperatureCelsius: [20] })]);
    acknowledged.push(at);
  }

  /** The hub's own looks leave room behind them, so none may be under way. */
  async function fill(hub: RealHub): Promise<void> {
    await hub.hub.services.disk.look();
    disk.fill();
  }

  async function stored(hub: RealHub): Promise<number> {
    const span = `from=${START - 60_000}&to=${START + 3_600_000}&stepMs=60000`;
    const path = `/api/devices/smoke-1/series?field=temperatureCelsius&${span}`;
    const { body, status } = await hub.admin.get(path);
    expect(status, JSON.stringify(body)).toBe(200);
    return body.points.length;
  }

  const ready = async (hub: RealHub) => (await fetch(`${hub.url}/readyz`)).status;
  /** A change in one statement, and one in a transaction of several. */
  const CHANGES: [path: string, body: object][] = [
    ['/api/communities', { id: 'other', name: '别处', type: '商品房' }],
    ['/api/gateways', { id: 'gw-other', communityId: 'jinxiu', name: '别处' }],
  ];
  async function answers(hub: RealHub): Promise<string[]> {
    const said: string[] = [];
    for (const [path, change] of CHANGES) {
      const { status, body } = await hub.admin.post(path, change);
      said.push(`${status} ${body.error?.message}`);
    }
    return said;
  }

  it('by being full names it, and goes on by itself when there is room', async () => {
    const hub = await start();
    await fill(hub);
    for (const answer of await answers(hub))
      expect(answer).toMatch(/^503 磁盘已满：清理空间.* \/ the disk is full: make room; until then the gateways/);
    expect(await ready(hub)).toBe(503);
    const late = say();
    disk.makeRoom();
    await late;
    await expect.poll(() => ready(hub), { timeout: 20_000 }).toBe(200);
    await say();
    expect(await answers(hub)).toEqual(['201 undefined', '201 undefined']);
    expect(await stored(hub)).toBe(acknowledged.length);
  });

  it('by being full is named while a look from before it was full is under way', async () => {
    const hub = await start();
    const early = hub.hub.services.disk.look();
    const written = join(disk.folder, 'data', 'hub', '.writable');
    while (!existsSync(written)) await new Promise((resolve) => setImmediate(resolve));
    disk.fill();
    const [first] = await answers(hub);
    // The look may give its room back after the fill, and then the change fits into it.
    expect(first).toMatch(/^(503 磁盘已满：清理空间.*|201 undefined)$/);
    await early;
  });

  it('by being read-only names it, ends in order, and has everything after a repair', async () => {
    const hub = await start();
    disk.turnReadOnly();
    for (const answer of await answers(hub))
      expect(answer).toMatch(/^503 磁盘变为只读：查明磁盘故障.* \/ the disk is read-only: look for its faults/);
    expect(await ready(hub)).toBe(503);
    const seq = acknowledged.length + 1;
    await gateway.transmit('telemetry', [telemetry(gateway, 'smoke-1', START, { temperatureCelsius: [20] })], { seq });
    await expect
      .poll(async () => (await fetch(`${hub.url}/metrics`)).text(), { timeout: 20_000 })
      .toMatch(/linli_hub_ingest_batches_total\{[^}]*outcome="retried"\} [1-9]/);
    expect(gateway.acks.some((ack) => ack.seq >= seq)).toBe(false);
    await hub.restart(() => disk.repair());
    expect(await ready(hub)).toBe(200);
    expect(await stored(hub)).toBe(acknowledged.length);
    // It listens on another port now; a gateway sends again what was not acknowledged.
    gateway = await hub.gateway('gw-2', 'jinxiu');
    await say();
    expect(await stored(hub)).toBe(acknowledged.length);
  });

  it('while its series are moved from their log into their file goes on with them when there is room', async () => {
    const file = join(disk.folder, 'series.duckdb');
    const store = createDuckdbSeries(file);
    series = store;
    await store.start();
    let seq = 0;
    /** 20,000 readings of one device, one a second. */
    const append = async () => {
      const from = seq * 20_000;
      const rows = Array.from({ length: 20_000 }, (_, index) => ({
        ...{ communityId: 'c', deviceId: 'd', kind: 'k', field: 'f' },
        at: (from + index) * 1_000,
        value: Math.random(),
      }));
      await store.append({ gatewayId: 'gw', epoch: 'e', lane: 'telemetry', seq: seq + 1 }, rows);
      seq += 1;
    };
    const logBytes = () => statSync(`${file}.wal`).size;
    // DuckDB moves it when it has 16 MB. There is room for the rest of those, and not for the file.
    while (logBytes() < 15_500_000) await append();
    disk.fill({ butMegabyte: 3 });
    const failed = await untilItFails(append);
    expect(failed).toMatch(/^FATAL Error: .*No space left on device/);
    await expect(append()).rejects.toThrow('No space left on device');
    disk.makeRoom();
    await append();
    const { points } = await store.query({ deviceId: 'd', field: 'f', from: 0, to: 1e12, stepMs: 1e12 });
    expect(points.map(([, , , , count]) => count)).toEqual([seq * 20_000]);
  });
});

async function untilItFails(run: () => Promise<void>): Promise<string> {
  for (let count = 0; count < 20; count += 1)
    try {
      await run();
    } catch (error) {
      return (error as Error).message;
    }
  return 'it never failed';
}
