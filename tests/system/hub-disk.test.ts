/**
 * A real hub on a real ext4 that fills up or turns read-only: it acknowledges nothing that is not stored, names the
 * cause and the cure, and has everything that it acknowledged once the disk is mended.
 */
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type RealHub, startRealHub, type TestGateway, telemetry } from '../hub/real-hub.ts';
import { mountDisk } from '../torture/disk.ts';

const disk = mountDisk();
if (process.env.CI === 'true' && !disk) throw new Error('this test needs the right to mount an ext4 in a loop device');
afterAll(() => disk?.unmount());

const START = Date.now() - 3_600_000;

describe('a hub whose disk takes nothing', { timeout: 180_000 }, () => {
  let real: RealHub;
  let gateway: TestGateway;
  let minute = 0;
  const acknowledged: number[] = [];
  afterEach(() => real?.stop());

  async function start(name: string): Promise<void> {
    real = await startRealHub({ LINLI_DATA_DIR: join(disk?.folder ?? '', name) });
    gateway = await real.gateway('gw-1', 'jinxiu');
    const location = { building: '3', floor: 5 };
    await real.admin.post('/api/devices', { id: 'smoke-1', kind: 'smoke-detector', communityId: 'jinxiu', location });
    minute = 0;
    acknowledged.length = 0;
    for (let count = 0; count < 5; count += 1) await say();
  }

  /** One reading a minute; resolves when the hub has acknowledged it. */
  async function say(): Promise<void> {
    const at = START + minute * 60_000;
    minute += 1;
    await gateway.send('telemetry', [telemetry(gateway, 'smoke-1', at, { temperatureCelsius: [20] })]);
    acknowledged.push(at);
  }

  async function stored(): Promise<number> {
    const span = `from=${START - 60_000}&to=${START + 3_600_000}&stepMs=60000`;
    const path = `/api/devices/smoke-1/series?field=temperatureCelsius&${span}`;
    const { body, status } = await real.admin.get(path);
    expect(status, JSON.stringify(body)).toBe(200);
    return body.points.length;
  }

  const ready = async () => (await fetch(`${real.url}/readyz`)).status;
  const refusedAs = async () => {
    const { status, body } = await real.admin.post('/api/communities', { id: 'other', name: '别处', type: '商品房' });
    return `${status} ${body.error?.message}`;
  };

  it.skipIf(!disk)('by being full names it, and goes on by itself when there is room', async () => {
    await start('full');
    disk?.fill();
    expect(await refusedAs()).toMatch(
      /^503 磁盘已满：清理空间.* \/ the disk is full: make room; until then the gateways/,
    );
    expect(await ready()).toBe(503);
    const late = say();
    disk?.makeRoom();
    await late;
    await expect.poll(ready, { timeout: 20_000 }).toBe(200);
    await say();
    expect(await refusedAs()).toBe('201 undefined');
    expect(await stored()).toBe(acknowledged.length);
  });

  it.skipIf(!disk)('by being read-only names it, ends in order, and has everything after a repair', async () => {
    await start('read-only');
    disk?.turnReadOnly();
    expect(await refusedAs()).toMatch(
      /^503 磁盘变为只读：查明磁盘故障.* \/ the disk is read-only: look for its faults/,
    );
    expect(await ready()).toBe(503);
    const seq = acknowledged.length + 1;
    await gateway.transmit('telemetry', [telemetry(gateway, 'smoke-1', START, { temperatureCelsius: [20] })], { seq });
    await expect
      .poll(async () => (await fetch(`${real.url}/metrics`)).text(), { timeout: 20_000 })
      .toMatch(/linli_hub_ingest_batches_total\{[^}]*outcome="retried"\} [1-9]/);
    expect(gateway.acks.some((ack) => ack.seq >= seq)).toBe(false);
    await real.restart(() => disk?.repair());
    expect(await ready()).toBe(200);
    expect(await stored()).toBe(acknowledged.length);
    // It listens on another port now; a gateway sends again what was not acknowledged.
    gateway = await real.gateway('gw-2', 'jinxiu');
    await say();
    expect(await stored()).toBe(acknowledged.length);
  });
});
