/**
 * Latency: from a device's publish to the console's event stream, through a real gateway process and
 * a real hub process with its stores on disk, while other devices publish 2,000 messages a second.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { Bench, Row } from './main.ts';
import { connectDevice, startHub, watchConsole } from './parts/console.ts';
import { BENCH_SECRET, prepareGateway, startGateway } from './parts/gateway.ts';
import type { LoadOrder, LoadResult } from './parts/load.ts';
import { runJson } from './parts/processes.ts';

const RATE = Number(process.env.LINLI_BENCH_RATE ?? 2_000);
const SECONDS = Number(process.env.LINLI_BENCH_SECONDS ?? 20);
const LOAD_DEVICES = 500;
/** One alarm of a device of its own this often: each is a raise with everything that follows it at the hub. */
const PROBE_EVERY_MS = 200;
const PROBES = Math.round((SECONDS * 1_000) / PROBE_EVERY_MS);
const WARM_UPS = 20;
const GATEWAY = { communityId: 'bench', gatewayId: 'bench-gateway' };

const bench: Bench = {
  title: `Latency: publish → console, at ${RATE} messages a second`,
  notes: [
    `${PROBES} probes over ${SECONDS} s; generator, gateway, hub and console share the machine.`,
    'alarm: a call point is pressed, its alarm is in the event stream, stored at gateway and hub.',
    'value: the same message’s reading in the event stream; telemetry is gathered for 50 ms here, 250 ms by default.',
  ],
  async run() {
    const idle = await measure(0);
    const loaded = await measure(RATE);
    return [...rowsOf('idle', idle), ...rowsOf(`${RATE}/s`, loaded)];
  },
};

export default bench;

interface Measured {
  alarmMs: number[];
  valueMs: number[];
  load: LoadResult | undefined;
}

async function measure(rate: number): Promise<Measured> {
  const hub = await startHub({
    ...GATEWAY,
    secret: BENCH_SECRET,
    devices: {
      'bin-': { kind: 'smart-bin', count: LOAD_DEVICES },
      'probe-': { kind: 'manual-call-point', count: WARM_UPS + PROBES },
    },
  });
  try {
    return await measureBehind(hub.port, hub.folder, rate);
  } finally {
    await hub.remove();
  }
}

async function measureBehind(hubPort: number, hubFolder: string, rate: number): Promise<Measured> {
  const gatewayFolder = await prepareGateway({
    devices: 0,
    kind: 'smart-bin',
    devicePrefix: 'bin-',
    settings: { hub: { url: `mqtt://127.0.0.1:${hubPort}`, secretFile: 'secret' }, outbox: { lingerMs: 50 } },
  });
  writeFileSync(join(gatewayFolder, 'secret'), BENCH_SECRET);
  const gateway = await startGateway(gatewayFolder);
  try {
    return await probe(hubFolder, gateway.port, rate);
  } finally {
    await gateway.remove();
  }
}

async function probe(hubFolder: string, port: number, rate: number): Promise<Measured> {
  const seen = await watchConsole(hubFolder, 'probe-');
  const probes: MqttClient[] = [];
  for (let index = 0; index < WARM_UPS + PROBES; index += 1) probes.push(await connectDevice(port, `probe-${index}`));
  const load = rate > 0 ? runJson<LoadResult>('tests/bench/parts/load.ts', loadOrder(port, rate)) : undefined;
  await sleep(3_000);
  const sentAt = new Map<string, number>();
  for (const [index, client] of probes.entries()) {
    const id = `probe-${index}`;
    const topic = `linli/bench/manual-call-point/${id}/telemetry`;
    sentAt.set(id, performance.now());
    client.publish(topic, JSON.stringify({ pressed: true }), { qos: 1 });
    await sleep(PROBE_EVERY_MS);
  }
  await sleep(3_000);
  for (const client of probes) client.end(true);
  const measured = [...sentAt].slice(WARM_UPS);
  const spans = (kind: 'alarm' | 'device') =>
    measured.map(([id, at]) => (seen[kind].get(id) ?? Number.POSITIVE_INFINITY) - at);
  const result = { alarmMs: spans('alarm'), valueMs: spans('device'), load: await load };
  seen.close();
  return result;
}

function loadOrder(port: number, rate: number): LoadOrder {
  return {
    port,
    connections: LOAD_DEVICES,
    window: 64,
    seconds: SECONDS,
    warmupSeconds: 3,
    rate,
    communityId: 'bench',
    kind: 'smart-bin',
    devicePrefix: 'bin-',
    password: BENCH_SECRET,
    payload: {
      fillPercent: 41.5,
      temperatureCelsius: 23.4,
      weightKilogram: 12.75,
      stream: 'recyclable',
      batteryPercent: 87,
    },
  };
}

function rowsOf(name: string, { alarmMs, valueMs, load }: Measured): Row[] {
  return [
    { name: `alarm, ${name}`, values: { ...quantiles(alarmMs), 'load messages/s': load ? load.perSecond : null } },
    { name: `value, ${name}`, values: { ...quantiles(valueMs), 'load messages/s': load ? load.perSecond : null } },
  ];
}

/** One that never arrived counts as infinitely late; it is shown as missing. */
function quantiles(spans: number[]): Record<string, number | null> {
  const sorted = [...spans].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(value) ? value : null;
  };
  const missing = spans.filter((span) => !Number.isFinite(span)).length;
  return { 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1), missing };
}
