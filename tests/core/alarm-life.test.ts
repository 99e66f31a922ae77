import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Alarm,
  type AlarmAction,
  type AlarmFact,
  allows,
  decideAlarm,
  deriveState,
  expiryOf,
  type FactBody,
  facetsOf,
  foldAlarm,
  LIFE_CYCLE,
  reachable,
  type Trigger,
} from '../../core/alarm.ts';
import { fact, raised, T0 } from './alarm-facts.ts';

/** What a fact does to this alarm, in the words of the table; undefined when it changes nothing. */
function triggerOf(alarm: Alarm, body: FactBody, latch: boolean): Trigger | undefined {
  switch (body.type) {
    case 'raised':
      return 'raise';
    case 'updated':
      return 'update';
    case 'cleared':
      return latch ? 'clear-latched' : 'clear';
    case 'reset':
      return 'reset';
    case 'acknowledged':
      return 'acknowledge';
    case 'shelved':
      return 'shelve';
    case 'unshelved':
      return alarm.shelvedUntilAt === null ? undefined : body.cause === 'person' ? 'unshelve' : 'shelf-expires';
    case 'suppressed':
      return 'suppress';
    case 'unsuppressed':
      return alarm.suppressedBy.length === 0 ? undefined : 'unsuppress';
    case 'out-of-service':
      return 'take-out-of-service';
    case 'in-service':
      return alarm.state !== 'out-of-service'
        ? undefined
        : body.cause === 'person'
          ? 'return-to-service'
          : 'service-expires';
    default:
      return 'remark';
  }
}

const MOVES = [
  'edge',
  'ack',
  'shelve',
  'unshelve',
  'reset',
  'out-of-service',
  'in-service',
  'comment',
  'suppress',
  'unsuppress',
  'expire',
] as const;

/** A story that obeys the table: at each step the move is made if the table allows it. */
const story = fc.record({ latch: fc.boolean(), moves: fc.array(fc.constantFrom(...MOVES), { maxLength: 40 }) });

test('no legal story leaves the table: each fact leads where the table says', () => {
  fc.assert(
    fc.property(story, ({ latch, moves }) => {
      const facts: AlarmFact[] = [fact('f0', T0, raised(1, 0, { latch }))];
      let step = 0;
      moves.forEach((move, index) => {
        const alarm = foldAlarm(facts) as Alarm;
        const now = T0 + (index + 1) * 10;
        const body = nextBody(move, { alarm, facts, now, step: step + 1 });
        if (!body) return;
        if (body.type === 'raised' || body.type === 'cleared') step += 1;
        if (body.type === 'raised') body.latch = latch;
        const trigger = triggerOf(alarm, body, latch);
        const after = foldAlarm([...facts, fact(`f${index + 1}`, now, body)]) as Alarm;
        facts.push(fact(`f${index + 1}`, now, body));
        if (!trigger) {
          expect(after.state).toBe(alarm.state);
          return;
        }
        expect(allows(trigger, facetsOf(alarm)), `${trigger} in ${alarm.state}`).toBe(true);
        expect(facetsOf(after), `${trigger} in ${alarm.state}`).toEqual(LIFE_CYCLE[trigger].effect(facetsOf(alarm)));
        expect(reachable(trigger).get(alarm.state)).toContain(after.state);
      });
    }),
    { numRuns: 500 },
  );
});

function nextBody(
  move: (typeof MOVES)[number],
  { alarm, facts, now, step }: { alarm: Alarm; facts: AlarmFact[]; now: number; step: number },
): FactBody | undefined {
  switch (move) {
    case 'edge':
      return alarm.condition === 'active' && !alarm.latched
        ? { type: 'cleared', activation: alarm.activation, step, reason: 'condition' }
        : raised(alarm.activation + 1, step);
    case 'suppress':
      return { type: 'suppressed', by: 'test', reason: 'fire test' };
    case 'unsuppress':
      return { type: 'unsuppressed', by: 'test' };
    case 'expire': {
      const set = facts.findLast((one) => one.body.type === 'shelved' || one.body.type === 'out-of-service');
      const expiry = set && expiryOf(set);
      return expiry && expiry.at <= now ? expiry.body : undefined;
    }
    default: {
      const decided = decideAlarm(alarm, actionOf(move, now), now);
      return decided.ok ? decided.body : undefined;
    }
  }
}

function actionOf(
  move: 'ack' | 'shelve' | 'unshelve' | 'reset' | 'out-of-service' | 'in-service' | 'comment',
  now: number,
): AlarmAction {
  if (move === 'shelve' || move === 'out-of-service') return { type: move, untilAt: now + 25, reason: 'test' };
  if (move === 'comment') return { type: move, text: 'seen' };
  return { type: move };
}

test('every state can be reached and left', () => {
  const reached = new Set<string>();
  const left = new Set<string>();
  for (const trigger of Object.keys(LIFE_CYCLE) as Trigger[])
    for (const [from, tos] of reachable(trigger))
      for (const to of tos)
        if (from !== to) {
          reached.add(to);
          left.add(from);
        }
  expect([...reached].sort()).toEqual([...left].sort());
  expect(reached.size).toBe(7);
});

test('what a person may not do is refused with a reason', () => {
  const alarm = foldAlarm([
    fact('r', T0, raised(1, 0)),
    fact('k', T0, { type: 'acknowledged', activation: 1 }),
  ]) as Alarm;
  const week = 7 * 24 * 3_600_000;
  const refused = (action: AlarmAction) => {
    const decided = decideAlarm(alarm, action, T0);
    return decided.ok ? 'allowed' : decided.reason;
  };
  expect(refused({ type: 'ack' })).toBe('the alarm is acknowledged already');
  expect(refused({ type: 'shelve', untilAt: T0 - 1, reason: 'x' })).toBe('the end lies in the past');
  expect(refused({ type: 'shelve', untilAt: T0 + week + 1, reason: 'x' })).toBe(
    'an alarm may be shelved for 7 days at most',
  );
  expect(refused({ type: 'unshelve' })).toBe('the alarm is not shelved');
  expect(refused({ type: 'reset' })).toBe('only a latched alarm whose condition has gone can be reset');
  expect(refused({ type: 'in-service' })).toBe('the alarm is in service');
});

test('edge and hub make the very same fact of an expiry', () => {
  const shelf = fact('s1', T0, { type: 'shelved', untilAt: T0 + 50, reason: 'x' });
  expect(expiryOf(shelf)).toEqual(expiryOf(structuredClone(shelf)));
  expect(expiryOf(shelf)?.id).toBe('s1.expired');
  expect(
    deriveState({ condition: 'active', acknowledged: false, shelved: false, suppressed: false, outOfService: false }),
  ).toBe('unacked');
});
