/**
 * Drain: a gateway comes back from an outage with a backlog of telemetry while devices go on talking.
 * How fast does the backlog reach a hub that only acknowledges, and how long does a fresh alarm take?
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { parse, stringify } from 'yaml';
import type { Bench, Row } from './main.ts';
import { BENCH_SECRET, prepareGateway, startGateway } from './parts/gateway.ts';
import type { LoadResult } from './parts/load.ts';
import { runJson, startNode } from './parts/processes.ts';

const READINGS = Number(process.env.LINLI_BENCH_READINGS ?? 1_000_000);
const DEVICES = 200;
/** Readings in one message of the bin: see the payload. */
const READINGS_PER_MESSAGE = 8;
const ALARMS = 20;

const bench: Bench = {
  title: `Drain: a backlog of ${READINGS.toLocaleString('en-US')} readings to a hub that stores nothing`,
  notes: ['The alarm is published while the backlog drains; its time runs until its fact is at the hub.'],
  async run() {
    const folder = await prepareGateway({ devices: DEVICES, kind: 'smart-bin', devicePrefix: 'bin-' });
    await fillBacklog(folder);
    const hub = await startNode('tests/bench/parts/stub-hub.ts', ['--watch']);
    const configFile = join(folder, 'config.yaml');
    const config = parse(readFileSync(configFile, 'utf8')) as Record<string, unknown>;
    const hubConfig = { url: `mqtt://127.0.0.1:${hub.port}`, secretFile: 'secret' };
    writeFileSync(configFile, stringify({ ...config, hub: hubConfig }));
    const arrivals = watchFacts(hub.child.stdout);
    const gateway = await startGateway(folder);
    try {
      const alarms = raiseAlarms(gateway.port, arrivals.facts);
      const spanMs = await arrivals.drained;
      const latencies = (await alarms).sort((a, b) => a - b);
      const row: Row = {
        name: 'Linli gateway',
        values: {
          'readings/s': READINGS / (spanMs / 1_000),
          'alarm p50 ms': latencies[latencies.length >> 1] ?? null,
          'alarm max ms': latencies.at(-1) ?? null,
          'memory MB': gateway.memoryMegabyte().peak,
        },
      };
      return [row];
    } finally {
      await gateway.remove();
      await hub.stop();
    }
  },
};

export default bench;

/** Runs the gateway alone until its outbox holds the backlog. */
async function fillBacklog(folder: string): Promise<void> {
  const gateway = await startGateway(folder);
  let messages = 0;
  while (messages * READINGS_PER_MESSAGE < READINGS) {
    const order = { port: gateway.port, connections: DEVICES, window: 20, seconds: 2, warmupSeconds: 0, rate: 0 };
    const device = { communityId: 'bench', kind: 'smart-bin', devicePrefix: 'bin-', password: BENCH_SECRET };
    const payload = {
      fillPercent: 41.5,
      temperatureCelsius: 23.4,
      weightKilogram: 12.75,
      tiltDegree: 1.5,
      lidOpen: false,
      stream: 'recyclable',
      batteryPercent: 87,
      rssiDbm: -71,
    };
    messages += (await runJson<LoadResult>('tests/bench/parts/load.ts', { ...order, ...device, payload })).acknowledged;
  }
  await gateway.stop();
}

/** Follows the hub's account of what it took. */
function watchFacts(stdout: NodeJS.ReadableStream | null) {
  const facts = new Map<string, number>();
  let readings = 0;
  let firstAt: number | undefined;
  let rest = '';
  const drained = new Promise<number>((resolve) => {
    stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [what, value = ''] = line.split(' ');
        if (what === 'raised') facts.set(value, performance.now());
        if (what !== 'readings') continue;
        firstAt ??= performance.now();
        readings += Number(value);
        if (readings >= READINGS) resolve(performance.now() - firstAt);
      }
    });
  });
  return { facts, drained };
}

async function raiseAlarms(port: number, facts: Map<string, number>): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < ALARMS; index += 1) {
    const id = `bin-${index}`;
    const login = { username: id, password: BENCH_SECRET, reconnectPeriod: 0 };
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, login);
    const at = performance.now();
    await client.publishAsync(`linli/bench/smart-bin/${id}/event`, JSON.stringify({ type: 'fire' }), { qos: 1 });
    while (!facts.has(id)) await new Promise((resolve) => setTimeout(resolve, 1));
    latencies.push((facts.get(id) ?? at) - at);
    await client.endAsync();
  }
  return latencies;
}
