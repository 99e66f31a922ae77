/**
 * Drain: a gateway comes back from an outage with a backlog of telemetry while devices go on talking.
 * How fast does the backlog reach the hub's stores, and how long do fresh alarms take to the console
 * meanwhile? Beside it the limit, the same readings given to the series store alone, and the gateway
 * towards a hub that only acknowledges.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { openSeries } from '../../hub/stores/series/open.ts';
import type { Bench, Row } from './main.ts';
import { BIN_MESSAGE } from './parts/bin-message.ts';
import { connectDevice, startHub, watchConsole } from './parts/console.ts';
import { BENCH_SECRET, prepareGateway, startGateway } from './parts/gateway.ts';
import type { LoadResult } from './parts/load.ts';
import { freePort, runJson, startNode } from './parts/processes.ts';

const READINGS = Number(process.env.LINLI_BENCH_READINGS ?? 1_000_000);
const DEVICES = 200;
const PROBES = Number(process.env.LINLI_BENCH_PROBES ?? 100);
const READINGS_PER_MESSAGE = Object.keys(BIN_MESSAGE).length - 1;
const MESSAGES = Math.ceil(READINGS / READINGS_PER_MESSAGE);
const PLACE = { communityId: 'bench', gatewayId: 'bench-gateway' };

const bench: Bench = {
  title: `Drain: a backlog of ${READINGS.toLocaleString('en-US')} readings`,
  notes: [
    'Series store alone: DuckDB, rows of the same shape in batches of 5,000, each durable.',
    `Fresh alarms: ${PROBES} call points pressed one after the other while the backlog drains; from the press to the console's event stream.`,
  ],
  async run() {
    return [
      await storeAlone(),
      await drain('gateway, hub that only acknowledges', false),
      await drain('gateway and hub', true),
    ];
  },
};

export default bench;

async function storeAlone(): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-bench-'));
  const store = openSeries(`duckdb:${join(folder, 'series.duckdb')}`, pino({ level: 'silent' }));
  await store.start();
  const startedAt = performance.now();
  for (let from = 0, seq = 1; from < READINGS; from += 5_000, seq += 1) {
    const rows = Array.from({ length: 5_000 }, (_, index) => ({
      communityId: 'bench',
      deviceId: `bin-${(from + index) % DEVICES}`,
      kind: 'smart-bin',
      field: 'fillPercent',
      at: 1_760_000_000_000 + from + index,
      value: 41.5,
    }));
    await store.append({ gatewayId: 'bench', epoch: 'e', lane: 'telemetry', seq }, rows);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await store.stop();
  rmSync(folder, { recursive: true, force: true });
  return { name: 'series store alone', values: { 'readings/s': READINGS / seconds } };
}

async function drain(name: string, real: boolean): Promise<Row> {
  const panelPort = await freePort();
  const bins = { devices: DEVICES, kind: 'smart-bin', devicePrefix: 'bin-' };
  const folder = await prepareGateway({ ...bins, settings: { panel: { port: panelPort } } });
  await fillBacklog(folder);
  const probes = { 'probe-': { kind: 'manual-call-point', count: PROBES } };
  const devices = { 'bin-': { kind: 'smart-bin', count: DEVICES }, ...probes };
  const hub = real ? await startHub({ ...PLACE, secret: BENCH_SECRET, devices }) : await startStub();
  const console = hub.folder ? await watchConsole(hub.folder, 'probe-') : undefined;
  const configFile = join(folder, 'config.yaml');
  const config = parse(readFileSync(configFile, 'utf8')) as Record<string, unknown>;
  const link = { url: `mqtt://127.0.0.1:${hub.port}`, secretFile: 'secret' };
  writeFileSync(configFile, stringify({ ...config, hub: link }));
  writeFileSync(join(folder, 'secret'), real ? BENCH_SECRET : 'bench');
  const gateway = await startGateway(folder);
  try {
    const startedAt = performance.now();
    const drained = untilDrained(panelPort).then(() => performance.now() - startedAt);
    const fresh = console ? await raiseAlarms(gateway.port, console.alarm, drained) : [];
    const spanMs = await drained;
    fresh.sort((x, y) => x - y);
    return {
      name,
      values: {
        'readings/s': READINGS / (spanMs / 1_000),
        'fresh alarms': fresh.length,
        'alarm p50 ms': fresh[fresh.length >> 1] ?? null,
        'p99 ms': fresh[Math.floor(fresh.length * 0.99)] ?? null,
        'gateway MB': gateway.memoryMegabyte().peak,
        'hub MB': hub.memoryMegabyte().peak,
      },
    };
  } finally {
    console?.close();
    await gateway.remove();
    await hub.remove();
  }
}

async function startStub() {
  const hub = await startNode('tests/bench/parts/stub-hub.ts');
  return { ...hub, folder: undefined, remove: hub.stop };
}

/** Runs the gateway alone until its outbox holds the backlog. */
async function fillBacklog(folder: string): Promise<void> {
  const gateway = await startGateway(folder);
  const seconds = 2;
  for (let messages = 0; messages < MESSAGES; ) {
    const rate = Math.min(20_000, Math.ceil((MESSAGES - messages) / seconds));
    const order = { port: gateway.port, connections: DEVICES, window: 200, seconds, warmupSeconds: 0, rate };
    const device = { communityId: 'bench', kind: 'smart-bin', devicePrefix: 'bin-', password: BENCH_SECRET };
    messages += (await runJson<LoadResult>('tests/bench/parts/load.ts', { ...order, ...device, payload: BIN_MESSAGE }))
      .acknowledged;
  }
  await gateway.stop();
}

/** The link is up once, and nothing waits: the hub has acknowledged, so stored, all of it. */
async function untilDrained(panelPort: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${panelPort}/metrics`)).text();
    const waiting = [...text.matchAll(/^linli_edge_outbox_batches\{lane="(?:telemetry|backlog)"\} (\d+)$/gm)];
    if (waiting.length === 2 && waiting.every((one) => one[1] === '0')) return;
    await sleep(25);
  }
}

/** Presses one call point after the other, each once the alarm of the one before is shown, until the backlog is gone. */
async function raiseAlarms(port: number, shown: Map<string, number>, drained: Promise<number>): Promise<number[]> {
  const latencies: number[] = [];
  let draining = true;
  void drained.then(() => {
    draining = false;
  });
  for (let index = 0; draining && index < PROBES; index += 1) {
    const id = `probe-${index}`;
    const client = await connectDevice(port, id);
    const at = performance.now();
    await client.publishAsync(`linli/bench/manual-call-point/${id}/telemetry`, '{"pressed":true}', { qos: 1 });
    while (!shown.has(id)) await sleep(2);
    latencies.push((shown.get(id) ?? 0) - at);
    client.end(true);
  }
  return latencies;
}
