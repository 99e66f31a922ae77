/**
 * `npm run bench -- rules`: the alarm engine alone, on one core: 5,000 devices with 20 rules each, a
 * telemetry message of twenty fields a time, so that every message asks every rule of its device. In
 * the second row one value in five thousand crosses its limit, as on a bad day; in the third one in
 * fifty does, which no estate lives to see.
 */
import type { Device, DeviceKind } from '../../core/device.ts';
import type { Observation } from '../../core/reading.ts';
import type { RuleSpec } from '../../core/rule.ts';
import { createAlarmEngine, loadRuleTypes } from '../../edge/alarms/engine.ts';
import type { Row } from './main.ts';

const DEVICES = 5_000;
const RULES = 20;
const MESSAGES = 100_000;
/** Payloads are drawn from a pool made beforehand: the bench measures the engine, not its own garbage. */
const POOL = 5_003;
const START_AT = 1_770_000_000_000;

export default {
  title: `Alarm rules: ${DEVICES} devices × ${RULES} rules on one core`,
  async run(): Promise<Row[]> {
    const rows: Row[] = [];
    for (const [name, crossing] of [
      ['calm', 0],
      ['1 in 5000 readings crosses', 1 / 5_000],
      ['1 in 50 readings crosses', 1 / 50],
    ] as const)
      rows.push({ name, values: await measure(crossing) });
    return rows;
  },
};

async function measure(crossing: number): Promise<Row['values']> {
  const engine = createAlarmEngine({
    gatewayId: 'gw-1',
    communityId: 'jinxiu',
    kinds: new Map([['bench', { rules: rules() } as unknown as DeviceKind]]),
    ruleTypes: await loadRuleTypes(),
    newId: counter(),
  });
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const setUpAt = process.cpuUsage();
  engine.setDevices(Array.from({ length: DEVICES }, (_, index) => device(index)));
  engine.tick(START_AT);
  const setUpMs = cpuMs(setUpAt);
  globalThis.gc?.();
  const heapAfter = process.memoryUsage().heapUsed;

  const random = seeded(7);
  const pool = Array.from({ length: POOL }, () => payload(crossing, random));
  const spans: number[] = [];
  let facts = 0;
  let states = 0;
  const startAt = process.cpuUsage();
  for (let index = 0; index < MESSAGES; index += 1) {
    const one = message(index, pool[index % POOL] as Record<string, number>);
    const at = performance.now();
    const changes = engine.observe(one);
    spans.push(performance.now() - at);
    facts += changes.facts.length;
    states += changes.state.size;
  }
  const spentMs = cpuMs(startAt);
  spans.sort((a, b) => a - b);
  return {
    'evaluations per s': Math.round((MESSAGES * RULES) / (spentMs / 1_000)),
    'messages per s': Math.round(MESSAGES / (spentMs / 1_000)),
    'p99 of a message in µs': Math.round((spans[Math.floor(0.99 * spans.length)] ?? 0) * 1_000),
    facts,
    'states written': states,
    'set-up in ms': Math.round(setUpMs),
    'memory in MB': Math.round((heapAfter - heapBefore) / 2 ** 20),
  };
}

/** A mixture as of a real kind: limits with hysteresis and delays, spans, counts, trends, silence. */
function rules(): RuleSpec[] {
  const one = (id: string, type: string, parameters: Record<string, unknown>): RuleSpec => ({
    id,
    type,
    severity: 'minor',
    title: { zh: id, en: id },
    with: parameters,
  });
  return Array.from({ length: RULES }, (_, index) => {
    const field = `f${index}`;
    switch (index % 5) {
      case 0:
        return one(`r${index}`, 'threshold', { field, above: 90, clearBelow: 80 });
      case 1:
        return one(`r${index}`, 'threshold', { field, above: 90, below: 5, hysteresis: 2, onDelayMs: 10_000 });
      case 2:
        return one(`r${index}`, 'duration', { field, above: 90, forMs: 60_000 });
      case 3:
        return one(`r${index}`, 'count-in-window', { field, above: 90, count: 5, withinMs: 600_000 });
      default:
        return one(`r${index}`, 'boolean', {
          when: { all: [{ field, above: 90 }, { not: { field: 'f0', above: 90 } }] },
        });
    }
  });
}

function device(index: number): Device {
  const location = { building: `${index % 40}`, unit: '1', floor: index % 30 };
  return { id: `d-${index}`, kind: 'bench', communityId: 'jinxiu', gatewayId: 'gw-1', name: '', location };
}

function payload(crossing: number, random: () => number): Record<string, number> {
  const values: Record<string, number> = {};
  for (let field = 0; field < RULES; field += 1) values[`f${field}`] = random() < crossing ? 95 : 20 + 40 * random();
  return values;
}

function message(index: number, values: Record<string, number>): Observation {
  const at = START_AT + index;
  const said = { deviceId: `d-${index % DEVICES}`, kind: 'bench', communityId: 'jinxiu' };
  return { ...said, at, receivedAt: at, quality: 'good', channel: 'telemetry', values };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

function counter(): () => string {
  let next = 0;
  return () => `a${next++}`;
}

/** Mulberry32: the same messages in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
