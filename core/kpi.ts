/**
 * How well the alarms of a community are kept, as pure functions over what was raised, answered and
 * cleared in a span: rate, flood, answer times, the noisiest sources, chattering, stale, the mix of
 * priorities, false alarms by rule and by device. The measures are those of ISA-18.2 and IEC 62682 (clause on
 * performance monitoring); the targets are in KPI_TARGETS, from secondary texts.
 */
import { type Alarm, type AlarmFact, hubTimeOf } from './alarm.ts';
import { SEVERITIES, type Severity } from './rule.ts';

const MINUTE_MS = 60_000;
/** The standard's unit of load: alarms per operator in ten minutes. */
const RATE_WINDOW_MS = 10 * MINUTE_MS;
const STALE_MS = 24 * 60 * MINUTE_MS;

export const KPI_TARGETS = {
  /** Alarms an hour and operator: good, manageable, flood. */
  perHourGood: 6,
  perHourManageable: 12,
  /** A flood begins at so many in ten minutes and ends below so many. */
  floodBeginsAt: 10,
  floodEndsBelow: 5,
  floodShareMax: 0.01,
  staleMax: 5,
  /** Transitions within a minute that are chatter. */
  chatterTransitions: 3,
  /** Share of the ten noisiest sources. */
  topTenShareMax: 0.05,
  mix: { critical: 0.05, major: 0.15, low: 0.8 },
} as const;

export interface KpiInput {
  fromAt: number;
  toAt: number;
  /** Guards on duty at a time. */
  operators: number;
  /** Alarms that were open at any time in the span, with all their facts. */
  alarms: Iterable<{ alarm: Alarm; facts: readonly AlarmFact[] }>;
}

export interface Distribution {
  count: number;
  medianMs: number | null;
  p90Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
}

export interface Kpis {
  fromAt: number;
  toAt: number;
  operators: number;
  /** Raises that called somebody: not those muted at once, not late ones. */
  raised: number;
  /** Raises that were muted when they came. */
  muted: number;
  perHour: number;
  /** The busiest ten minutes, per operator. */
  peakPerTenMinutes: number;
  /** Per operator and ten minutes, one value per window from `fromAt` on. */
  rate: { at: number; perOperator: number }[];
  floodMs: number;
  floodShare: number;
  /** From a raise to the acknowledgement of that activation. */
  acknowledge: Distribution;
  /** From a raise to the first thing a person did about it: acknowledge, assign, comment, shelve. */
  respond: Distribution;
  unanswered: number;
  top: { deviceId: string; rule: string; raised: number; share: number }[];
  topTenShare: number;
  chattering: { alarmId: string; deviceId: string; rule: string; atWorst: number }[];
  stale: { alarmId: string; deviceId: string; rule: string; sinceAt: number }[];
  mix: Record<Severity, number>;
  falseByRule: { rule: string; judged: number; false: number; share: number }[];
  /** Of devices whose alarms somebody judged; `perDay` is false alarms a day over the whole span. */
  falseByDevice: { deviceId: string; judged: number; false: number; share: number; perDay: number }[];
}

interface Raise {
  at: number;
  alarm: Alarm;
  activation: number;
  severity: Severity;
  isMuted: boolean;
}

/** All of them in one pass over the facts; nothing is looked at twice. */
export function computeKpis({ fromAt, toAt, operators, alarms }: KpiInput): Kpis {
  const raises: Raise[] = [];
  const acks: number[] = [];
  const responses: number[] = [];
  const chattering: Kpis['chattering'] = [];
  const stale: Kpis['stale'] = [];
  const byRule = createTally();
  const byDevice = createTally();
  let unanswered = 0;

  for (const { alarm, facts } of alarms) {
    const life = readLife(facts);
    const inSpan = (at: number) => at >= fromAt && at < toAt;
    for (const one of life.raises) {
      if (!inSpan(one.at)) continue;
      raises.push({ ...one, alarm });
      if (one.isMuted) continue;
      const ackMs = life.ackAfter(one.activation, one.at);
      if (ackMs === undefined) unanswered += 1;
      else acks.push(ackMs);
      const respondMs = life.respondAfter(one.at);
      if (respondMs !== undefined) responses.push(respondMs);
    }
    const { id: alarmId, deviceId, rule } = alarm;
    const atWorst = mostWithin(life.turns.filter(inSpan), MINUTE_MS);
    if (atWorst >= KPI_TARGETS.chatterTransitions) chattering.push({ alarmId, deviceId, rule, atWorst });
    const sinceAt = life.activeSinceAt(toAt);
    if (sinceAt !== undefined && toAt - sinceAt > STALE_MS) stale.push({ alarmId, deviceId, rule, sinceAt });
    if (life.verdict) {
      byRule.add(rule, life.verdict);
      byDevice.add(deviceId, life.verdict);
    }
  }

  const shown = raises.filter((one) => !one.isMuted).sort((a, b) => a.at - b.at);
  const times = shown.map((one) => one.at);
  const floodMs = floodTime(times, { fromAt, toAt, operators });
  const hours = (toAt - fromAt) / (60 * MINUTE_MS);
  const { top, topTenShare } = noisiest(shown);
  return {
    fromAt,
    toAt,
    operators,
    raised: shown.length,
    muted: raises.length - shown.length,
    perHour: hours > 0 ? shown.length / hours / operators : 0,
    peakPerTenMinutes: mostWithin(times, RATE_WINDOW_MS) / operators,
    rate: rateOf(times, { fromAt, toAt, operators }),
    floodMs,
    floodShare: toAt > fromAt ? floodMs / (toAt - fromAt) : 0,
    acknowledge: distribution(acks),
    respond: distribution(responses),
    unanswered,
    top,
    topTenShare,
    chattering: chattering.sort((a, b) => b.atWorst - a.atWorst),
    stale: stale.sort((a, b) => a.sinceAt - b.sinceAt),
    mix: mixOf(shown),
    falseByRule: byRule.all().map(({ key: rule, ...rest }) => ({ rule, ...rest })),
    falseByDevice: byDevice
      .all()
      .map(({ key: deviceId, ...rest }) => ({ deviceId, ...rest, perDay: hours > 0 ? (rest.false * 24) / hours : 0 })),
  };
}

/** Verdicts by a key, the largest share of false ones first. */
function createTally() {
  const counts = new Map<string, { judged: number; false: number }>();
  return {
    add(key: string, verdict: 'true' | 'false' | 'unsure') {
      const count = counts.get(key) ?? { judged: 0, false: 0 };
      count.judged += 1;
      count.false += verdict === 'false' ? 1 : 0;
      counts.set(key, count);
    },
    all: () =>
      [...counts]
        .map(([key, count]) => ({ key, ...count, share: count.false / count.judged }))
        .sort((a, b) => b.share - a.share || b.judged - a.judged),
  };
}

/** What the facts of one alarm tell about its course; late ones tell nothing. */
function readLife(facts: readonly AlarmFact[]) {
  const raises: Omit<Raise, 'alarm'>[] = [];
  const acks: { at: number; activation: number }[] = [];
  const people: number[] = [];
  const turns: number[] = [];
  const clears: number[] = [];
  // Key: what mutes. Who mutes at this point of the course.
  const muters = new Map<string, number | undefined>();
  let verdict: 'true' | 'false' | 'unsure' | undefined;
  // Spans run from what a gateway said to what a person did at the hub: by one clock.
  const course = facts.filter((fact) => !fact.late).sort((a, b) => hubTimeOf(a) - hubTimeOf(b) || rank(a) - rank(b));
  for (const fact of course) {
    const { author, body } = fact;
    const at = hubTimeOf(fact);
    if (author.type === 'person') people.push(at);
    if (body.type === 'raised') {
      turns.push(at);
      const isMuted = [...muters.values()].some((untilAt) => untilAt === undefined || untilAt > at);
      raises.push({ at, activation: body.activation, severity: body.severity, isMuted });
    } else if (body.type === 'cleared') {
      turns.push(at);
      clears.push(at);
    } else if (body.type === 'suppressed') {
      muters.set(body.by, body.untilAt === undefined ? undefined : hubTimeOf(fact, body.untilAt));
      // Muted in the very instant of its raise: nobody heard it.
      const last = raises.at(-1);
      if (last?.at === at) last.isMuted = true;
    } else if (body.type === 'unsuppressed') muters.delete(body.by);
    else if (body.type === 'verdict') verdict = body.verdict;
    else if (author.type === 'person' && (body.type === 'acknowledged' || body.type === 'unshelved'))
      acks.push({ at, activation: body.activation });
  }
  return {
    raises,
    turns,
    verdict,
    ackAfter(activation: number, at: number): number | undefined {
      const ack = acks.find((one) => one.activation >= activation && one.at >= at);
      return ack && ack.at - at;
    },
    respondAfter(at: number): number | undefined {
      const first = people.find((one) => one >= at);
      return first === undefined ? undefined : first - at;
    },
    activeSinceAt(at: number): number | undefined {
      const raise = raises.findLast((one) => one.at <= at);
      if (!raise) return undefined;
      return clears.some((clearAt) => clearAt >= raise.at && clearAt <= at) ? undefined : raise.at;
    },
  };
}

/** Within one instant the condition comes first, then what was said about it. */
function rank({ body }: AlarmFact): number {
  return body.type === 'raised' || body.type === 'updated' || body.type === 'cleared' ? body.step - 1e9 : 0;
}

type Span = { fromAt: number; toAt: number; operators: number };

function rateOf(times: readonly number[], { fromAt, toAt, operators }: Span): Kpis['rate'] {
  const windows = Math.max(0, Math.ceil((toAt - fromAt) / RATE_WINDOW_MS));
  const counts = new Array<number>(windows).fill(0);
  for (const time of times) {
    const index = Math.floor((time - fromAt) / RATE_WINDOW_MS);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => ({ at: fromAt + index * RATE_WINDOW_MS, perOperator: count / operators }));
}

/**
 * How long the span was in flood. The load at an instant is the number of raises in the ten minutes
 * before it; it changes only when a raise comes or leaves that window.
 */
export function floodTime(times: readonly number[], { fromAt, toAt, operators }: Span): number {
  const begins = KPI_TARGETS.floodBeginsAt * operators;
  const ends = KPI_TARGETS.floodEndsBelow * operators;
  const changes = times
    .flatMap((time) => [
      { at: time, by: 1 },
      { at: time + RATE_WINDOW_MS, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let load = 0;
  let since: number | undefined;
  let total = 0;
  for (const { at, by } of changes) {
    load += by;
    if (since === undefined && load >= begins) since = at;
    else if (since !== undefined && load < ends) {
      total += Math.max(0, Math.min(at, toAt) - Math.max(since, fromAt));
      since = undefined;
    }
  }
  return total;
}

/** The most of the sorted times that fall into one window of this width. */
export function mostWithin(times: readonly number[], widthMs: number): number {
  let most = 0;
  let start = 0;
  for (let end = 0; end < times.length; end += 1) {
    while ((times[end] as number) - (times[start] as number) > widthMs) start += 1;
    most = Math.max(most, end - start + 1);
  }
  return most;
}

function noisiest(shown: readonly Raise[]): Pick<Kpis, 'top' | 'topTenShare'> {
  // Key: device and rule.
  const sources = new Map<string, { deviceId: string; rule: string; raised: number }>();
  for (const { alarm } of shown) {
    const { deviceId, rule } = alarm;
    const key = `${deviceId} ${rule}`;
    const source = sources.get(key);
    if (source) source.raised += 1;
    else sources.set(key, { deviceId, rule, raised: 1 });
  }
  const top = [...sources.values()]
    .sort((a, b) => b.raised - a.raised || (a.deviceId < b.deviceId ? -1 : 1))
    .slice(0, 10)
    .map((source) => ({ ...source, share: source.raised / shown.length }));
  return { top, topTenShare: top.reduce((sum, { share }) => sum + share, 0) };
}

function mixOf(shown: readonly Raise[]): Record<Severity, number> {
  const mix = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  for (const { severity } of shown) mix[severity] += 1 / shown.length;
  return mix;
}

export function distribution(spans: readonly number[]): Distribution {
  const sorted = spans.toSorted((a, b) => a - b);
  // Nearest rank: a figure that really occurred.
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { count: sorted.length, medianMs: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: sorted.at(-1) ?? null };
}
