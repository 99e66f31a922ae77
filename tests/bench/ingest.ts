/**
 * Ingest: 1,000 devices publish telemetry of about 200 bytes at QoS 1 as fast as it is acknowledged.
 * The bare broker keeps nothing; Linli's gateway has every message on the disk before its PUBACK and
 * evaluates and relays it meanwhile; Node-RED parses and compares with a threshold, keeping nothing.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Row } from './main.ts';
import { BIN_MESSAGE } from './parts/bin-message.ts';
import { BENCH_SECRET, prepareGateway, startGateway } from './parts/gateway.ts';
import type { LoadOrder, LoadResult } from './parts/load.ts';
import { startNodeRed } from './parts/node-red.ts';
import { type Part, ROOT, runJson, startNode } from './parts/processes.ts';

const ROUNDS = Number(process.env.LINLI_BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.LINLI_BENCH_SECONDS ?? 8);
const CONNECTIONS = Number(process.env.LINLI_BENCH_CONNECTIONS ?? 1_000);

const ORDER: Omit<LoadOrder, 'port'> = {
  connections: CONNECTIONS,
  window: Math.max(4, Math.round(8_000 / CONNECTIONS)),
  seconds: SECONDS,
  warmupSeconds: 2,
  rate: 0,
  communityId: 'bench',
  kind: 'smart-bin',
  devicePrefix: 'bin-',
  password: BENCH_SECRET,
  payload: BIN_MESSAGE,
};

interface Subject {
  name: string;
  measure(): Promise<Record<string, number>>;
}

const bench: Bench = {
  title: `Ingest: ${CONNECTIONS} connections, QoS 1, telemetry of a smart bin`,
  notes: [
    `Medians of ${ROUNDS} rounds of ${SECONDS} s, the subjects in turn. Generator, subject and hub share the machine.`,
    'At 10,000/s: the same connections at a fixed rate, before the full load.',
    'Node-RED: the highest rate at which its flow finished what was sent, within 1,000/s.',
  ],
  async run() {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    const hub = await startNode('tests/bench/parts/stub-hub.ts');
    const subjects: Subject[] = [
      { name: 'bare aedes', measure: () => measure(() => startNode('tests/bench/parts/bare-aedes.ts')) },
      { name: 'Linli gateway', measure: () => measure(() => startLinli(hub.port)) },
    ];
    if (process.env.LINLI_BENCH_NODE_RED !== '0')
      subjects.push({ name: 'Node-RED + mosquitto', measure: measureNodeRed });
    const taken = new Map<string, Record<string, number>[]>();
    try {
      for (let round = 1; round <= ROUNDS; round += 1)
        for (const subject of subjects) {
          const values = await subject.measure();
          taken.set(subject.name, [...(taken.get(subject.name) ?? []), values]);
          process.stderr.write(`round ${round} ${subject.name}: ${JSON.stringify(values)}\n`);
        }
    } finally {
      await hub.stop();
    }
    return subjects.map(({ name }): Row => ({ name, values: medians(taken.get(name) ?? []) }));
  },
};

export default bench;

async function startLinli(hubPort: number): Promise<Part & { remove(): Promise<void> }> {
  const folder = await prepareGateway({ devices: CONNECTIONS, kind: 'smart-bin', devicePrefix: 'bin-', hubPort });
  return startGateway(folder);
}

async function measure(start: () => Promise<Part & { remove?(): Promise<void> }>): Promise<Record<string, number>> {
  const part = await start();
  try {
    const paced = await load(part.port, { rate: 10_000, window: 64 });
    const before = part.cpuSeconds();
    const full = await load(part.port);
    const cpuSeconds = part.cpuSeconds() - before;
    const memory = part.memoryMegabyte();
    return {
      'messages/s': full.perSecond,
      'PUBACK p99 ms': full.latencyMsP99,
      'cores used': cpuSeconds / (SECONDS + ORDER.warmupSeconds),
      'memory MB': memory.peak,
      'at 10,000/s: p50 ms': paced.latencyMsP50,
      'p99 ms': paced.latencyMsP99,
    };
  } finally {
    await (part.remove?.() ?? part.stop());
  }
}

/**
 * Its broker acknowledges long before the flow is done, and swamped, the flow finishes nothing: so
 * the rate is raised until the flow no longer finishes what was sent, and the highest it kept up with counts.
 */
async function measureNodeRed(): Promise<Record<string, number>> {
  const part = await startNodeRed();
  try {
    let kept: Record<string, number> = { 'messages/s': 0 };
    let tooMuch = Number.POSITIVE_INFINITY;
    for (let rate = 8_000; tooMuch - (kept['messages/s'] ?? 0) > 1_000; ) {
      const before = part.cpuSeconds();
      const sent = await load(part.port, { rate, window: 64, seconds: 4 });
      const finished = part.finishedPerSecond(4);
      if (finished >= rate * 0.97)
        kept = {
          'messages/s': rate,
          'cores used': (part.cpuSeconds() - before) / (4 + ORDER.warmupSeconds),
          'memory MB': part.memoryMegabyte().peak,
          'PUBACK p99 ms': sent.latencyMsP99,
        };
      else tooMuch = rate;
      rate = Number.isFinite(tooMuch) ? Math.round((tooMuch + (kept['messages/s'] ?? 0)) / 2) : rate * 2;
      await part.settled();
    }
    return kept;
  } finally {
    await part.stop();
  }
}

function load(port: number, more: Partial<LoadOrder> = {}): Promise<LoadResult> {
  return runJson<LoadResult>('tests/bench/parts/load.ts', { ...ORDER, port, ...more });
}

function medians(samples: Record<string, number>[]): Record<string, number> {
  const keys = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  return Object.fromEntries(
    keys.map((key) => {
      const sorted = samples.flatMap((sample) => sample[key] ?? []).sort((a, b) => a - b);
      return [key, sorted[sorted.length >> 1] ?? 0];
    }),
  );
}
