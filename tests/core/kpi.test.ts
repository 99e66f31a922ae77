import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Alarm, type AlarmFact, foldAlarm } from '../../core/alarm.ts';
import { computeKpis, distribution, floodTime, mostWithin } from '../../core/kpi.ts';
import { fact, raised } from './alarm-facts.ts';

const MINUTE = 60_000;
const span = { fromAt: 0, toAt: 24 * 60 * MINUTE, operators: 1 };
const person = { author: { type: 'person' as const, id: 'li' } };

function of(...facts: AlarmFact[]): { alarm: Alarm; facts: AlarmFact[] } {
  return { alarm: foldAlarm(facts) as Alarm, facts };
}

test('answer times are from the raise to the answer of that activation', () => {
  const one = of(
    fact('r1', 0, raised(1, 0)),
    fact('k1', 30_000, { type: 'acknowledged', activation: 1 }, person),
    fact('c1', 60_000, { type: 'cleared', activation: 1, step: 1, reason: 'condition' }),
    fact('r2', 300_000, raised(2, 2)),
    fact('n', 310_000, { type: 'commented', text: '在路上' }, person),
    fact('k2', 420_000, { type: 'acknowledged', activation: 2 }, person),
  );
  const kpis = computeKpis({ ...span, alarms: [one, of(fact('r3', 1_000, raised(1, 0)))] });
  expect(kpis.raised).toBe(3);
  expect(kpis.acknowledge).toMatchObject({ count: 2, medianMs: 30_000, maxMs: 120_000 });
  expect(kpis.respond).toMatchObject({ count: 2, medianMs: 10_000, maxMs: 30_000 });
  expect(kpis.unanswered).toBe(1);
  expect(kpis.mix).toEqual({ critical: 1, major: 0, minor: 0, notice: 0 });
});

test('what was muted as it came called nobody and is counted apart', () => {
  const muted = of(
    fact('r1', 5_000, raised(1, 0)),
    fact('s1', 5_000, { type: 'suppressed', by: 'flood', reason: 'flood' }),
    fact('u1', 9_000, { type: 'unsuppressed', by: 'flood' }),
    fact('c1', 10_000, { type: 'cleared', activation: 1, step: 1, reason: 'condition' }),
    fact('r2', 20_000, raised(2, 2)),
  );
  expect(computeKpis({ ...span, alarms: [muted] })).toMatchObject({ raised: 1, muted: 1, unanswered: 1 });
});

test('a flood begins at ten in ten minutes and ends below five', () => {
  const times = Array.from({ length: 12 }, (_, index) => index * 30_000);
  // The tenth comes at 4:30; the eighth (3:30) leaves the window at 13:30, with four left.
  expect(floodTime(times, span)).toBe(9 * MINUTE);
  expect(floodTime(times.slice(0, 9), span)).toBe(0);
  expect(floodTime(times, { ...span, operators: 2 })).toBe(0);
});

test('the flood lies within the span, and more alarms never make it shorter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3_600_000 }), { maxLength: 60 }),
      fc.integer({ min: 0, max: 3_600_000 }),
      (times, extra) => {
        const hour = { fromAt: 0, toAt: 3_600_000, operators: 1 };
        const sorted = times.toSorted((a, b) => a - b);
        const flood = floodTime(sorted, hour);
        expect(flood).toBeGreaterThanOrEqual(0);
        expect(flood).toBeLessThanOrEqual(3_600_000);
        expect(
          floodTime(
            [...sorted, extra].sort((a, b) => a - b),
            hour,
          ),
        ).toBeGreaterThanOrEqual(flood);
      },
    ),
  );
});

test('chattering and stale alarms are named', () => {
  const facts: AlarmFact[] = [];
  for (let turn = 0; turn < 4; turn += 1)
    facts.push(
      fact(
        `t${turn}`,
        turn * 10_000,
        turn % 2 === 0
          ? raised(turn / 2 + 1, turn)
          : { type: 'cleared', activation: (turn + 1) / 2, step: turn, reason: 'condition' },
      ),
    );
  const kpis = computeKpis({
    ...span,
    toAt: 3 * 24 * 60 * MINUTE,
    alarms: [of(...facts), of(fact('r', 0, raised(1, 0)))],
  });
  expect(kpis.chattering).toMatchObject([{ atWorst: 4 }]);
  expect(kpis.stale).toMatchObject([{ sinceAt: 0 }]);
});

test('false alarms by rule and by device and day, and the ten noisiest sources', () => {
  const judged = (id: string, verdict: 'true' | 'false') =>
    of(fact(`r${id}`, 0, raised(1, 0)), fact(`v${id}`, 9, { type: 'verdict', verdict }, person));
  const kpis = computeKpis({ ...span, alarms: [judged('1', 'true'), judged('2', 'false'), judged('3', 'false')] });
  expect(kpis.falseByRule).toEqual([{ rule: 'fire', judged: 3, false: 2, share: 2 / 3 }]);
  const perDay = (2 * 24 * 60 * MINUTE) / (span.toAt - span.fromAt);
  expect(kpis.falseByDevice).toEqual([{ deviceId: 'smoke-1', judged: 3, false: 2, share: 2 / 3, perDay }]);
  expect(kpis.top).toEqual([{ deviceId: 'smoke-1', rule: 'fire', raised: 3, share: 1 }]);
});

test('the busiest window and the distribution are of figures that occurred', () => {
  expect(mostWithin([0, 1, 2, 100, 101], 10)).toBe(3);
  expect(mostWithin([], 10)).toBe(0);
  expect(distribution([])).toEqual({ count: 0, medianMs: null, p90Ms: null, p99Ms: null, maxMs: null });
  expect(distribution([4, 1, 3, 2])).toMatchObject({ medianMs: 2, p90Ms: 4, maxMs: 4 });
});

test('a month of a busy street is counted in well under a second', () => {
  const alarms = Array.from({ length: 20_000 }, (_, index) => {
    const at = index * 120_000;
    return of(
      fact(`r${index}`, at, raised(1, 0)),
      fact(`k${index}`, at + 9_000, { type: 'acknowledged', activation: 1 }, person),
    );
  });
  const before = process.cpuUsage();
  expect(computeKpis({ fromAt: 0, toAt: 20_000 * 120_000, operators: 3, alarms }).raised).toBe(20_000);
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
});
