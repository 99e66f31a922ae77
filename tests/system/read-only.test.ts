/**
 * A real ext4 that finds an error and turns read-only under a running gateway, as Debian mounts it: no
 * PUBACK, a line that says why and what to do, and nothing lost that was acknowledged.
 */
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, SECRET, type TestFolder } from '../edge/support/gateway.ts';
import { type StubHub, startStubHub } from '../edge/support/stub-hub.ts';
import { mountDisk } from '../torture/disk.ts';
import { type Process, startProcess } from './processes.ts';
import { freePorts } from './world.ts';

const UP = /up: devices (mqtt:\/\/127\.0\.0\.1:\d+), panel (http:\S+?),/;
const WAITS = /cannot be written \(EROFS\), the disk is read-only: .*mount it writable/;
const disk = mountDisk();
if (process.env.CI === 'true' && !disk) throw new Error('this test needs the right to mount an ext4 in a loop device');
afterAll(() => disk?.unmount());

describe('a file system that turns read-only while the gateway runs', { timeout: 300_000 }, () => {
  let hub: StubHub;
  let folder: TestFolder | undefined;
  let edge: Process;
  let device: ReturnType<typeof startDevice>;
  beforeEach(async () => {
    hub = await startStubHub();
  });
  afterEach(async () => {
    await device?.stop();
    await edge?.end('SIGKILL');
    await hub.stop();
    folder?.remove();
    folder = undefined;
  });

  async function start(dataDir: string, port: number): Promise<void> {
    folder ??= makeFolder({
      dataDir,
      devices: { host: '127.0.0.1', port },
      hub: { url: hub.url, secretFile: 'secret' },
      outbox: { lingerMs: 0, diskFreeMegabyteMin: 0 },
      log: { level: 'info' },
    });
    edge = await startProcess({ file: 'edge/main.ts', args: ['--config', configFile()], env: {}, upWhen: UP });
  }
  const configFile = () => folder?.configFile ?? '';
  const urls = () => {
    const [, mqttUrl = '', panelUrl = ''] = UP.exec(edge.output()) ?? [];
    return { mqttUrl, panelUrl };
  };
  const health = async () => {
    const answer = await fetch(`${urls().panelUrl}/healthz`);
    return { status: answer.status, ...((await answer.json()) as { problem: string | null }) };
  };
  const atHub = () => {
    const seen = new Set<number>();
    for (const entry of hub.entries()) if (entry.type === 'telemetry') for (const at of entry.at) seen.add(at);
    return seen;
  };
  const lost = () => {
    const seen = atHub();
    return [...device.acknowledged].filter((at) => !seen.has(at));
  };

  it.skipIf(!disk)(
    'acknowledges nothing, says so, and has everything after a repair (ext4 in a loop device)',
    async () => {
      if (!disk) return;
      const port = Number((await freePorts()).LINLI_DEVICE_PORT_BASE);
      await start(join(disk.folder, 'data'), port);
      device = startDevice(urls().mqttUrl);
      await expect.poll(() => device.acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(50);
      disk.turnReadOnly();
      const turnedAt = Date.now();
      const told = expect.objectContaining({
        status: 503,
        problem: expect.stringMatching(/磁盘变为只读：.*重新挂载.* \/ the disk is read-only: .*mount it writable/),
      });
      await expect
        .poll(async () => (edge.gone() ? 'ended' : await health()), { timeout: 30_000 })
        .toSatisfy((now) => now === 'ended' || told.asymmetricMatch(now));
      // The disk may have refused the page that the store stands on. Then the gateway ends (or lmdb ends it), and its
      // next start waits.
      if (edge.gone()) {
        expect(edge.child.exitCode ?? edge.child.signalCode).toBeOneOf([1, 'SIGABRT']);
        edge = await startProcess({ file: 'edge/main.ts', args: ['--config', configFile()], env: {}, upWhen: WAITS });
      }
      await expect.poll(() => device.sentSince(turnedAt + 1_000), { timeout: 30_000 }).toBeGreaterThan(50);
      expect([...device.acknowledged].filter((at) => at > turnedAt + 1_000)).toEqual([]);
      await edge.end('SIGTERM');
      disk.repair();
      await start(join(disk.folder, 'data'), port);
      await expect.poll(health, { timeout: 30_000 }).toMatchObject({ status: 200, problem: null });
      await expect
        .poll(() => [...device.acknowledged].some((at) => at > turnedAt + 1_000), { timeout: 60_000 })
        .toBe(true);
      await device.quiet();
      await expect.poll(lost, { timeout: 60_000 }).toEqual([]);
    },
  );
});

/** A detector that publishes fifty times a second and remembers what was acknowledged. */
function startDevice(url: string) {
  const client = mqtt.connect(url, {
    username: 'smoke-1',
    password: SECRET,
    clientId: 'smoke-1',
    clean: false,
    reconnectPeriod: 200,
    reconnectOnConnackError: true,
  });
  client.on('error', () => undefined);
  const sent: number[] = [];
  const acknowledged = new Set<number>();
  const timer = setInterval(() => {
    const at = Math.max(Date.now(), (sent.at(-1) ?? 0) + 1);
    sent.push(at);
    const body = JSON.stringify({ at, smokeDbPerM: 0, temperatureCelsius: 20 });
    client.publish('linli/jinxiu/smoke-detector/smoke-1/telemetry', body, { qos: 1 }, (error) => {
      if (!error) acknowledged.add(at);
    });
  }, 20);
  return {
    acknowledged,
    sentSince: (from: number) => sent.filter((at) => at > from).length,
    /** Publishes no more; resolves when all that was sent is acknowledged. */
    async quiet() {
      clearInterval(timer);
      await expect.poll(() => acknowledged.size, { timeout: 120_000 }).toBe(sent.length);
    },
    async stop() {
      clearInterval(timer);
      await client.endAsync(true);
    },
  };
}
