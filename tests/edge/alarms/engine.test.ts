import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Alarm, type AlarmFact, decideAlarm, foldAlarm } from '../../../core/alarm.ts';
import type { RuleSpec } from '../../../core/rule.ts';
import { createAlarmEngine, loadRuleTypes } from '../../../edge/alarms/engine.ts';
import { at, device, kindOf, rule, START_AT, Timeline } from './timeline.ts';

const hot = { id: 'hot', type: 'threshold', with: { field: 't', above: 60 } };
const fire = {
  id: 'fire',
  type: 'event',
  severity: 'critical' as const,
  lifeSafety: true,
  latch: true,
  with: { event: 'alarm', clearEvent: 'alarm-cleared' },
};
const smoke = device('smoke-1', 'smoke', { building: '3' });
const ruleTypes = await loadRuleTypes();

/** The engine of a gateway whose only kind is a smoke detector with these rules. */
function makeEngine(rules: RuleSpec[], newId = () => 'a') {
  const kinds = new Map([['smoke', kindOf(rules)]]);
  return createAlarmEngine({ gatewayId: 'gw-1', communityId: 'jinxiu', kinds, ruleTypes, newId });
}

function story(more: { restarts?: boolean } = {}) {
  return new Timeline({
    devices: [smoke, device('smoke-2', 'smoke')],
    rules: { smoke: [hot, fire].map(rule) },
    ...more,
  });
}

describe('one alarm per device and rule', () => {
  test('an unanswered one that comes again keeps its id with the next activation', () => {
    const told = story()
      .says(at('1s'), 'smoke-1', { t: 70 })
      .says(at('2m'), 'smoke-1', { t: 20 })
      .says(at('4m'), 'smoke-1', { t: 70 });
    expect(told.alarms()).toMatchObject([{ activation: 2, state: 'unacked', count: 2, firstAt: at('1s') }]);
  });

  test('one that is over gives way to a fresh one', () => {
    const told = story()
      .says(at('1s'), 'smoke-1', { t: 70 })
      .people(at('2s'), { rule: 'hot' }, { type: 'acknowledged', activation: 1 })
      .says(at('2m'), 'smoke-1', { t: 20 })
      .says(at('4m'), 'smoke-1', { t: 70 });
    expect(told.alarms().map((alarm) => [alarm.state, alarm.activation])).toEqual([
      ['normal', 1],
      ['unacked', 1],
    ]);
  });

  test('a latched one waits for its reset; the next fire before that is the next activation', () => {
    const told = story()
      .calls(at('1s'), 'smoke-1', 'alarm')
      .people(at('5s'), { rule: 'fire' }, { type: 'acknowledged', activation: 1 })
      .calls(at('2m'), 'smoke-1', 'alarm-cleared')
      .calls(at('4m'), 'smoke-1', 'alarm')
      .calls(at('6m'), 'smoke-1', 'alarm-cleared')
      .people(at('7m'), { rule: 'fire' }, { type: 'acknowledged', activation: 2 })
      .people(at('8m'), { rule: 'fire' }, { type: 'reset', activation: 2 })
      .calls(at('9m'), 'smoke-1', 'alarm');
    expect(told.alarms(at('3m'))).toMatchObject([{ state: 'acked', latched: true }]);
    expect(told.alarms(at('5m'))).toMatchObject([{ state: 'unacked', activation: 2, latched: false }]);
    expect(told.alarms(at('8m'))).toMatchObject([{ state: 'normal' }]);
    expect(told.alarms()).toHaveLength(2);
  });
});

describe('late words', () => {
  test('go into the history of the alarm and change nothing', () => {
    const late = { quality: 'late' as const };
    const told = story()
      .says(at('1h'), 'smoke-1', { t: 70 })
      .says(at('61m'), 'smoke-1', { t: 20 }, { ...late, measuredAt: at('50m') })
      .says(at('62m'), 'smoke-1', { t: 90 }, { ...late, measuredAt: at('51m') })
      .calls(at('63m'), 'smoke-1', 'alarm', {}, { ...late, measuredAt: at('10m') });
    expect(told.of('raised')).toHaveLength(1);
    expect(told.facts().map((fact) => [fact.body.type, fact.late ?? false, fact.at])).toEqual([
      ['raised', false, at('1h')],
      ['updated', true, at('51m')],
    ]);
    expect(told.alarms()).toMatchObject([{ state: 'unacked', cause: { t: 70 }, lastAt: at('1h') }]);
  });

  test('never reopen what is over, and a backlog is thinned', () => {
    const told = story()
      .says(at('1h'), 'smoke-1', { t: 70 })
      .people(at('61m'), { rule: 'hot' }, { type: 'acknowledged', activation: 1 })
      .says(at('62m'), 'smoke-1', { t: 20 });
    for (let second = 0; second < 300; second += 10)
      told.says(
        at(`${3780 + second}s`),
        'smoke-1',
        { t: 80 },
        { quality: 'late', measuredAt: at(`${1000 + second}s`) },
      );
    expect(told.alarms()).toMatchObject([{ state: 'normal', activation: 1 }]);
    expect(told.of('updated')).toHaveLength(5);
  });

  test('a reading that a newer one overtook neither raises nor clears', () => {
    const told = story({ restarts: false })
      .says(at('10s'), 'smoke-1', { t: 70 }, { measuredAt: at('9s') })
      .says(at('11s'), 'smoke-1', { t: 20 }, { measuredAt: at('5s') });
    expect(told.alarms()).toMatchObject([{ state: 'unacked' }]);
  });
});

describe('register and rules may change at any time', () => {
  test('a removed device ends its alarms', () => {
    const told = story()
      .says(at('1s'), 'smoke-1', { t: 70 })
      .changes(at('1m'), (world) => {
        world.devices = world.devices.filter((one) => one.id !== 'smoke-1');
      });
    expect(told.of('cleared').map((fact) => [fact.at, fact.body.reason])).toEqual([[at('1m'), 'device-removed']]);
  });

  test('a rule that is switched off for one device ends its alarm there and nowhere else', () => {
    const told = story()
      .says(at('1s'), 'smoke-1', { t: 70 })
      .says(at('2s'), 'smoke-2', { t: 70 })
      .changes(at('1m'), (world) => {
        world.overrides = [{ scope: 'device', id: 'smoke-1', rule: rule({ ...hot, enabled: false }) }];
      })
      .says(at('2m'), 'smoke-1', { t: 90 });
    expect(told.of('cleared').map((fact) => fact.body.reason)).toEqual(['rule-removed']);
    expect(told.alarm({ rule: 'hot', device: 'smoke-2' })?.state).toBe('unacked');
  });

  test('the more special override counts: device before kind before community', () => {
    const told = story().changes(at('1s'), (world) => {
      const limit = (above: number) => rule({ ...hot, with: { field: 't', above } });
      world.overrides = [
        { scope: 'device', id: 'smoke-1', rule: limit(80) },
        { scope: 'community', id: 'jinxiu', rule: limit(30) },
        { scope: 'kind', id: 'smoke', rule: limit(50) },
      ];
    });
    told.says(at('2s'), 'smoke-1', { t: 70 }).says(at('2s'), 'smoke-2', { t: 45 }).says(at('3s'), 'smoke-2', { t: 55 });
    expect(told.of('raised').map((fact) => [fact.at, fact.body.deviceId])).toEqual([[at('3s'), 'smoke-2']]);
  });

  test('a rule that cannot run is named and left out; the others run', () => {
    const engine = makeEngine([rule(hot)]);
    engine.setDevices([smoke]);
    const broken = rule({ id: 'odd', type: 'threshold', with: { field: 't', over: 3 } });
    const { problems } = engine.setRules([{ scope: 'community', id: 'jinxiu', rule: broken }]);
    expect(problems).toEqual([expect.stringContaining('rule odd (threshold)')]);
  });
});

describe('a restart without the part of the store that held the slots', () => {
  /** A fire and a hot detector are told, then only the facts are left, of which the hub may have had more. */
  function comeBack(rulesAfter: RuleSpec[]) {
    let ids = 0;
    const make = (rules: RuleSpec[]) => makeEngine(rules, () => `a${ids++}`);
    const heard = { deviceId: 'smoke-1', kind: 'smoke', communityId: 'jinxiu', quality: 'good' as const };
    const calls = (type: string, seconds: number) => {
      const now = START_AT + seconds * 1_000;
      return { ...heard, at: now, receivedAt: now, channel: 'event' as const, type, fields: {} };
    };
    const before = make([hot, fire].map(rule));
    before.setDevices([smoke]);
    before.tick(START_AT);
    const { facts } = before.observe(calls('alarm', 1));
    const engine = make(rulesAfter);
    engine.restore([], facts);
    engine.setDevices([smoke]);
    return { facts, engine, calls };
  }

  test('an alarm that was told goes on: the same word raises no second one, its end ends it, no step is said twice', () => {
    const { facts, engine, calls } = comeBack([hot, fire].map(rule));
    const more = [
      engine.tick(START_AT + 500),
      engine.observe(calls('alarm', 1)),
      engine.observe(calls('alarm-cleared', 9)),
    ].flatMap((changes) => changes.facts);
    expect(more.map(({ alarmId, body }) => [alarmId, body.type])).toEqual([
      ['a0', 'updated'],
      ['a0', 'cleared'],
    ]);
    expect(foldAlarm([...facts, ...more])).toMatchObject({ activation: 1, latched: true });
    expect(Math.min(...more.map(({ body }) => ('step' in body ? body.step : 0)))).toBeGreaterThan(1_000);
  });

  test('one whose rule is gone is ended', () => {
    const { engine } = comeBack([rule(hot)]);
    const { facts } = engine.tick(START_AT + 2_000);
    expect(facts.map(({ alarmId, body }) => [alarmId, body])).toMatchObject([
      ['a0', { type: 'cleared', reason: 'rule-removed' }],
    ]);
  });
});

describe('a restart after a time of being down', () => {
  const noTest = rule({
    id: 'no-test',
    type: 'absence',
    with: { missing: 'event', event: 'test', afterMs: 3_600_000 },
  });
  const open = rule({ id: 'open', type: 'duration', with: { field: 'open', is: true, forMs: 3_600_000 } });

  /** What the engine says when it comes back so long after the start, and until when it waits then. */
  function comeBack(after: string) {
    const make = () => makeEngine([noTest, open]);
    const before = make();
    before.setDevices([smoke]);
    const heard = { deviceId: 'smoke-1', kind: 'smoke', communityId: 'jinxiu', quality: 'good' as const };
    const states = new Map(before.tick(START_AT).state);
    const said = before.observe({
      ...heard,
      at: at('1s'),
      receivedAt: at('1s'),
      channel: 'telemetry',
      values: { open: true },
    });
    for (const [key, value] of said.state) states.set(key, value);
    const engine = make();
    engine.restore(states, []);
    engine.setDevices([smoke]);
    const { facts } = engine.tick(at(after));
    const told = facts.map((one) => [one.body.type === 'raised' ? one.body.rule : one.body.type, one.at]);
    return { told, dueAt: engine.nextDueAt() };
  }

  test('a condition that was known to hold raises at its own time', () => {
    expect(comeBack('5h').told).toEqual([['open', at('3601s')]]);
  });

  test('silence while nobody listened proves nothing: everyone gets minutes to speak', () => {
    const { told, dueAt } = comeBack('5h');
    expect(told.map(([what]) => what)).not.toContain('no-test');
    expect(dueAt).toBe(at('5h') + 300_000);
  });

  test('a restart before the time is up moves nothing', () => {
    expect(comeBack('10m').dueAt).toBe(at('1h'));
  });
});

test('a raise has devices of its place act at once, and a muted one moves nothing', () => {
  const loud = rule({
    ...fire,
    with: {
      ...fire.with,
      commands: [
        { kind: 'gate', name: 'unlock' },
        { device: 'siren', name: 'sound', args: { pattern: 'fire' } },
      ],
    },
  });
  const devices = [
    smoke,
    device('gate-3', 'gate', { building: '3' }),
    device('gate-4', 'gate', { building: '4' }),
    device('siren', 'siren'),
  ];
  const engine = makeEngine([loud]);
  engine.setDevices(devices);
  const call = (type: string, when: number) =>
    engine.observe({
      deviceId: 'smoke-1',
      kind: 'smoke',
      communityId: 'jinxiu',
      at: when,
      receivedAt: when,
      quality: 'good',
      channel: 'event',
      type,
      fields: {},
    }).commands;
  expect(call('alarm', at('1s'))).toEqual([
    { deviceId: 'gate-3', name: 'unlock', args: {}, deadlineAt: at('61s'), alarmId: 'a' },
    { deviceId: 'siren', name: 'sound', args: { pattern: 'fire' }, deadlineAt: at('61s'), alarmId: 'a' },
  ]);
  expect(call('alarm', at('2s'))).toEqual([]);
  call('alarm-cleared', at('3s'));
  const window = {
    id: 'w',
    type: 'fire-test' as const,
    fromAt: at('4s'),
    untilAt: at('1h'),
    reason: 'test',
    by: 'wang',
    match: {},
  };
  engine.setWindows([window], at('4s'));
  expect(call('alarm', at('5s'))).toEqual([]);
});

describe('whatever happens', () => {
  const step = fc.oneof(
    fc.record({ move: fc.constant('says' as const), t: fc.integer({ min: 50, max: 70 }), late: fc.boolean() }),
    fc.record({
      move: fc.constant('calls' as const),
      type: fc.constantFrom('alarm', 'alarm-cleared'),
      late: fc.boolean(),
    }),
    fc.record({
      move: fc.constant('acts' as const),
      action: fc.constantFrom('ack', 'shelve', 'unshelve', 'reset', 'out-of-service', 'in-service'),
    }),
    fc.record({ move: fc.constant('waits' as const), ms: fc.constantFrom(100, 9_000, 61_000, 700_000) }),
    fc.record({ move: fc.constant('restarts' as const) }),
  );

  test('one open alarm per device and rule, steps without gaps, and the hub sees what the edge sees', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ids = 0;
        const kept = new Map<string, unknown>();
        const told: AlarmFact[] = [];
        const make = () => {
          const engine = makeEngine([hot, fire].map(rule), () => `a${ids++}`);
          engine.restore(JSON.parse(JSON.stringify([...kept])) as [string, unknown][], told);
          engine.setDevices([smoke]);
          return engine;
        };
        let engine = make();
        let now = START_AT;
        const keep = ({ facts, state }: ReturnType<typeof engine.tick>) => {
          told.push(...facts);
          for (const [key, value] of state) value === undefined ? kept.delete(key) : kept.set(key, value);
        };
        const alarms = () =>
          [...Map.groupBy(told, (fact) => fact.alarmId).values()]
            .map((facts) => foldAlarm(facts))
            .filter((one) => one !== undefined);
        keep(engine.tick(now));
        for (const one of steps) {
          now += 1_000;
          const heard = { deviceId: 'smoke-1', kind: 'smoke', communityId: 'jinxiu', receivedAt: now };
          if (one.move === 'says' || one.move === 'calls') {
            const at = one.late ? now - 100_000 : now;
            const quality = one.late ? ('late' as const) : ('good' as const);
            const said =
              one.move === 'says'
                ? { channel: 'telemetry' as const, values: { t: one.t } }
                : { channel: 'event' as const, type: one.type, fields: {} };
            keep(engine.observe({ ...heard, ...said, at, quality }));
          } else if (one.move === 'waits') {
            now += one.ms;
            keep(engine.tick(now));
          } else if (one.move === 'restarts') engine = make();
          else {
            const alarm = alarms().at(-1);
            const action =
              one.action === 'shelve' || one.action === 'out-of-service'
                ? { type: one.action, untilAt: now + 30_000, reason: 'x' }
                : { type: one.action as 'ack' };
            const decided = alarm && decideAlarm(alarm, action, now);
            if (!alarm || !decided?.ok) continue;
            const fact: AlarmFact = {
              id: `p${now}`,
              alarmId: alarm.id,
              at: now,
              origin: { type: 'hub', id: 'hub' },
              author: { type: 'person', id: 'li' },
              body: decided.body,
            };
            told.push(fact);
            keep(engine.apply([fact]));
          }
        }
        check(told, alarms());
      }),
      { numRuns: 150 },
    );
  });
});

function check(told: AlarmFact[], alarms: Alarm[]): void {
  const open = alarms.filter((alarm) => alarm.state !== 'normal').map((alarm) => `${alarm.deviceId} ${alarm.rule}`);
  expect(new Set(open).size).toBe(open.length);
  expect(new Set(told.map((fact) => fact.id)).size).toBe(told.length);
  for (const facts of Map.groupBy(told, (fact) => fact.alarmId).values()) {
    const steps = facts.flatMap(({ late, body }) => (!late && 'step' in body ? [body.step] : []));
    expect(steps).toEqual(steps.map((_, index) => index));
    expect(foldAlarm(facts.toReversed())).toEqual(foldAlarm(facts));
  }
}
