import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALARM_STATES,
  type AlarmFact,
  addFact,
  expiryOf,
  foldAlarm,
  hubTimeOf,
  newFold,
  readFold,
} from '../../core/alarm.ts';
import { anyFacts, fact, raised, T0 } from './alarm-facts.ts';

const shuffled = anyFacts.chain((facts) =>
  fc.record({
    facts: fc.constant(facts),
    order: fc.shuffledSubarray(facts, { minLength: facts.length, maxLength: facts.length }),
    again: fc.subarray(facts),
  }),
);

describe('the fold', () => {
  test('gives the same alarm for every order and any repetition', () => {
    fc.assert(
      fc.property(shuffled, ({ facts, order, again }) => {
        expect(foldAlarm([...order, ...again])).toEqual(foldAlarm(facts));
      }),
      { numRuns: 1_000 },
    );
  });

  test('edge and hub agree after any partition: whatever each had heard, the union says the same', () => {
    fc.assert(
      fc.property(shuffled, ({ facts, order, again }) => {
        const edge = newFold();
        const hub = newFold();
        const half = order.length >> 1;
        for (const one of [...order.slice(0, half), ...again]) addFact(edge, one);
        for (const one of order.slice(half)) addFact(hub, one);
        // The partition heals: each side hears the rest, in the order it happens to arrive.
        for (const one of [...order].reverse()) addFact(edge, one);
        for (const one of again.concat(order)) addFact(hub, one);
        expect(readFold(edge)).toEqual(readFold(hub));
        expect(readFold(edge)).toEqual(foldAlarm(facts));
      }),
      { numRuns: 1_000 },
    );
  });

  test('late facts change nothing but the list of evidence', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const live = facts.filter((one) => !one.late || one.body.type === 'evidence');
        expect(foldAlarm(facts)).toEqual(foldAlarm(live));
      }),
      { numRuns: 500 },
    );
  });

  test('never throws, and says nothing before a raise is known', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const alarm = foldAlarm(facts);
        const isRaised = facts.some((one) => one.body.type === 'raised' && !one.late);
        expect(alarm !== undefined).toBe(isRaised);
        if (alarm) expect(ALARM_STATES).toContain(alarm.state);
      }),
      { numRuns: 500 },
    );
  });

  test('the fold is plain data: stored and read back it goes on the same', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const fold = newFold();
        for (const one of facts.slice(0, 10)) addFact(fold, one);
        const stored = JSON.parse(JSON.stringify(fold)) as typeof fold;
        for (const one of facts.slice(10)) addFact(stored, one);
        expect(readFold(stored)).toEqual(foldAlarm(facts));
      }),
      { numRuns: 200 },
    );
  });

  test('an alarm updated for a month folds in time that grows with its facts, not their square', () => {
    const facts: AlarmFact[] = [fact('r', T0, raised(1, 0))];
    for (let index = 1; index <= 43_200; index += 1)
      facts.push(fact(`u${index}`, T0 + index * 60_000, { type: 'updated', activation: 1, step: index, count: index }));
    const before = process.cpuUsage();
    expect(foldAlarm(facts)?.count).toBe(43_200);
    expect(foldAlarm(facts.toReversed())?.count).toBe(43_200);
    // Some 10 ms of work; a fold that looks back over its facts would need minutes.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });
});

describe('shelving', () => {
  const shelved = (id: string, at: number, untilAt: number) => fact(id, at, { type: 'shelved', untilAt, reason: 'x' });
  const expired = (id: string, at: number) => fact(id, at, { type: 'unshelved', cause: 'expired', activation: 1 });
  const raise = fact('r', T0, raised(1, 0));
  const ack = fact('k', T0 + 1, { type: 'acknowledged', activation: 1 });

  test('a shelf that runs out takes the acknowledgement away; a person who unshelves gives it', () => {
    expect(foldAlarm([raise, ack, shelved('s', T0 + 2, T0 + 9), expired('x', T0 + 9)])?.state).toBe('unacked');
    const person = fact('p', T0 + 5, { type: 'unshelved', cause: 'person', activation: 1 });
    expect(foldAlarm([raise, shelved('s', T0 + 2, T0 + 9), person])).toMatchObject({ state: 'acked', ackedAt: T0 + 5 });
  });

  test('the end of an earlier shelf does not end a longer one set meanwhile elsewhere', () => {
    const facts = [raise, ack, shelved('s1', T0 + 2, T0 + 9), shelved('s2', T0 + 3, T0 + 30), expired('x', T0 + 9)];
    expect(foldAlarm(facts)).toMatchObject({ state: 'shelved', shelvedUntilAt: T0 + 30, acknowledged: true });
  });

  test('a shelf that a person ended does not run out afterwards', () => {
    const person = fact('p', T0 + 5, { type: 'unshelved', cause: 'person', activation: 1 });
    expect(foldAlarm([raise, shelved('s', T0 + 2, T0 + 9), person, expired('x', T0 + 9)])?.state).toBe('acked');
  });
});

describe('speakers with different clocks', () => {
  const MIN = 60_000;
  const shelf = fact('s', T0 + 5 * MIN, { type: 'shelved', untilAt: T0 + 30 * MIN, reason: 'x' });

  test.each([-10, 10])('what a gateway %i min ahead says is ordered by the true instant', (ahead) => {
    const skewMs = ahead * MIN;
    const told = (id: string, trueAt: number, body: AlarmFact['body']) =>
      fact(id, trueAt + skewMs, body, { skewMs, author: { type: 'person', id: 'guard' } });
    const base = [told('r', T0, raised(1, 0)), shelf];
    const ended = (trueAt: number) =>
      foldAlarm([...base, told('u', trueAt, { type: 'unshelved', cause: 'person', activation: 1 })]);
    expect(ended(T0 + 4 * MIN)?.state).toBe('shelved');
    expect(ended(T0 + 6 * MIN)).toMatchObject({ state: 'acked', ackedAt: T0 + 6 * MIN + skewMs, skewMs });
  });

  test.each([-10, 10])('an end that a gateway %i min ahead named is told by the clock of the hub', (ahead) => {
    const skewMs = ahead * MIN;
    const muted = fact(
      'm',
      T0 + skewMs,
      { type: 'suppressed', by: 'flood', reason: 'x', untilAt: T0 + 9 * MIN + skewMs },
      { skewMs },
    );
    const base = [fact('r', T0 + skewMs, raised(1, 0), { skewMs }), muted];
    expect(foldAlarm(base)?.suppressedBy).toEqual([{ by: 'flood', reason: 'x', untilAt: T0 + 9 * MIN }]);
    const expiry = expiryOf(muted) as AlarmFact;
    expect(hubTimeOf(expiry)).toBe(T0 + 9 * MIN);
    expect(foldAlarm([...base, fact(expiry.id, expiry.at, expiry.body, { skewMs })])?.suppressedBy).toEqual([]);
  });

  test('a latched alarm is over when the later of its end and its reset was, whoever said it', () => {
    const skewMs = 10 * MIN;
    const gone = fact(
      'c',
      T0 + MIN + skewMs,
      { type: 'cleared', activation: 1, step: 1, reason: 'condition' },
      { skewMs },
    );
    const reset = fact('x', T0 + 5 * MIN, { type: 'reset', activation: 1 });
    expect(foldAlarm([fact('r', T0 + skewMs, raised(1, 0, { latch: true }), { skewMs }), gone, reset])?.clearedAt).toBe(
      T0 + 5 * MIN,
    );
  });
});

test('an acknowledgement covers the activation it saw and no later one', () => {
  const facts = [
    fact('r1', T0, raised(1, 0)),
    fact('c1', T0 + 1, { type: 'cleared', activation: 1, step: 1, reason: 'condition' }),
    fact('r2', T0 + 2, raised(2, 2)),
    fact('k', T0 + 9, { type: 'acknowledged', activation: 1 }),
  ];
  expect(foldAlarm(facts)?.state).toBe('unacked');
});

test('a latch holds the alarm active until a person resets it, and dates its end by that', () => {
  const facts = [
    fact('r', T0, raised(1, 0, { latch: true })),
    fact('c', T0 + 1, { type: 'cleared', activation: 1, step: 1, reason: 'event' }),
    fact('k', T0 + 2, { type: 'acknowledged', activation: 1 }),
  ];
  expect(foldAlarm(facts)).toMatchObject({ state: 'acked', condition: 'active', latched: true, clearedAt: null });
  const reset = fact('x', T0 + 5, { type: 'reset', activation: 1 });
  expect(foldAlarm([...facts, reset])).toMatchObject({ state: 'normal', latched: false, clearedAt: T0 + 5 });
});
