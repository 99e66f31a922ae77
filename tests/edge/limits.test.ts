/** What one device may cost the others: rates, bytes, connections, subscriptions; and rubbish at the port. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Process, startProcess } from '../system/processes.ts';
import { DEVICES, login, makeFolder, metric, type TestFolder } from './support/gateway.ts';

const BIN = 'linli/jinxiu/smart-bin/bin-1';
const SMOKE = 'linli/jinxiu/smoke-detector/smoke-1';
const FILL = JSON.stringify({ fillPercent: 40, temperatureCelsius: 20, stream: 'kitchen' });
const CALM = JSON.stringify({ smokeDbPerM: 0.05, temperatureCelsius: 21 });

describe('the limits of a device', () => {
  let folder: TestFolder;
  let gateway: Process;
  let mqttUrl = '';
  let panelUrl = '';
  beforeAll(async () => {
    folder = makeFolder(
      {
        devices: {
          host: '127.0.0.1',
          port: 0,
          limits: { messagesPerSecondMax: 100, messagesBurstMax: 100, bytesPerSecondMax: 100_000 },
        },
      },
      DEVICES,
    );
    gateway = await startProcess({
      file: 'edge/main.ts',
      args: ['--config', folder.configFile],
      env: {},
      upWhen: / up: /,
    });
    mqttUrl = /mqtt:\/\/[\d.:]+/.exec(gateway.output())?.[0] ?? '';
    panelUrl = /http:\/\/[\d.:]+/.exec(gateway.output())?.[0] ?? '';
  }, 60_000);
  afterAll(async () => {
    await gateway?.end('SIGTERM');
    folder?.remove();
  });

  it('slows a device that publishes far too much, while another is answered as ever', async () => {
    const broken = await login(mqttUrl, 'bin-1');
    let acknowledged = 0;
    for (let index = 0; index < 5_000; index += 1)
      broken.publish(`${BIN}/telemetry`, FILL, { qos: 1 }, (error) => {
        if (!error) acknowledged += 1;
      });
    const other = await login(mqttUrl, 'smoke-1');
    const startedAt = performance.now();
    for (let round = 0; round < 20; round += 1) await other.publishAsync(`${SMOKE}/telemetry`, CALM, { qos: 1 });
    const spentMs = performance.now() - startedAt;
    // Its burst and what a hundred a second allow meanwhile; the other's twenty round trips went through at once.
    expect(acknowledged).toBeLessThanOrEqual(100 + (spentMs / 1_000 + 2) * 100);
    await expect.poll(() => metric(panelUrl, 'linli_edge_slowed_total'), { timeout: 5_000 }).toBeGreaterThan(0);
    await other.endAsync();
    await broken.endAsync(true);
  });

  it('slows a device that sends too many bytes', async () => {
    const client = await login(mqttUrl, 'gate-1');
    const heavy = Buffer.alloc(60_000, 'x');
    const startedAt = performance.now();
    // 1.2 MB, of which 400,000 bytes go at once and 100,000 more each second.
    const sent = Array.from({ length: 10 }, () =>
      client.publishAsync('linli/jinxiu/access-gate/gate-1/telemetry', heavy, { qos: 1 }),
    );
    await Promise.all(sent);
    expect(performance.now() - startedAt).toBeGreaterThan(1_500);
    await client.endAsync();
  }, 30_000);

  it('refuses topics that are too deep, counts them, and keeps the connection up to what the broker bears', async () => {
    const client = await login(mqttUrl, 'smoke-1', { protocolVersion: 5 });
    const deep = `${SMOKE}/${'x/'.repeat(30)}`;
    for (const qos of [0, 1, 2] as const) await client.publishAsync(deep, CALM, { qos }).catch(() => undefined);
    await expect(client.subscribeAsync(`${deep}#`)).rejects.toThrow();
    await client.publishAsync(`${SMOKE}/${'x/'.repeat(3)}`, CALM, { qos: 1 }).catch(() => undefined);
    await client.publishAsync(`${SMOKE}/telemetry`, CALM, { qos: 1 });
    expect(client.connected).toBe(true);
    const tooDeep = () => metric(panelUrl, 'linli_edge_topics_too_deep_total');
    await expect.poll(tooDeep, { timeout: 5_000 }).toBe(4);

    const cut = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.on('error', () => undefined);
    client.subscribe(`${SMOKE}/${'x/'.repeat(200)}#`, () => undefined);
    await cut;
    await expect.poll(tooDeep, { timeout: 5_000 }).toBe(5);
    await client.endAsync(true);
    const letters = (await (await fetch(`${panelUrl}/api/dead-letters`)).json()) as { items: { reason: string }[] };
    expect(letters.items.filter(({ reason }) => reason === 'topic-too-deep')).toHaveLength(3);
  });

  it('lives through rubbish at its port, and its memory stays flat', async () => {
    const port = Number(new URL(mqttUrl).port);
    const throwBytes = (bytes: Uint8Array) =>
      new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(bytes, () => setTimeout(() => socket.destroy(), 5)),
        );
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.resume();
      });
    const start = Buffer.from([0x10, 20, 0, 4, 77, 81, 84, 84, 4, 0xc2, 0, 60]);
    const rubbish = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.uint8Array({ maxLength: 60 }).map((tail) => Buffer.concat([start, tail])),
    );
    const round = (runs: number) => fc.assert(fc.asyncProperty(rubbish, throwBytes), { numRuns: runs });
    await round(300);
    const before = await metric(panelUrl, 'process_resident_memory_bytes');
    await round(1_500);
    const after = await metric(panelUrl, 'process_resident_memory_bytes');
    expect(after).toBeLessThan(before + 40 * 1024 * 1024);
    const client = await login(mqttUrl, 'smoke-1');
    await client.publishAsync(`${SMOKE}/telemetry`, CALM, { qos: 1 });
    await client.endAsync();
  }, 120_000);
});
