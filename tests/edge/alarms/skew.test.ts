/** The engine of a gateway whose clock is wrong by minutes: what the hub named by its own clock holds at the true instants. */
import { describe, expect, test } from 'vitest';
import { type AlarmFact, foldAlarm, hubTimeOf } from '../../../core/alarm.ts';
import type { MuteWindow } from '../../../core/mute-window.ts';
import type { Observation } from '../../../core/reading.ts';
import { type AlarmEngine, type Changes, createAlarmEngine, loadRuleTypes } from '../../../edge/alarms/engine.ts';
import { at, device, kindOf, rule, span } from './timeline.ts';

const smoke = [device('smoke-1', 'smoke'), device('smoke-2', 'smoke')];
const fire = rule({ id: 'fire', type: 'event', with: { event: 'alarm', clearEvent: 'alarm-cleared' } });
const ruleTypes = await loadRuleTypes();

/** True instants go in; the engine lives by a clock that is `aheadMs` ahead. */
function gatewayOf(aheadMs: number) {
  const facts: AlarmFact[] = [];
  const state = new Map<string, unknown>();
  let ids = 0;
  const make = (): AlarmEngine => {
    const engine = createAlarmEngine({
      gatewayId: 'gw-1',
      communityId: 'jinxiu',
      kinds: new Map([['smoke', kindOf([fire])]]),
      ruleTypes,
      newId: () => `a${ids++}`,
    });
    engine.restore(state, facts);
    engine.setClockSkew(aheadMs);
    engine.setDevices(smoke);
    engine.setRules([]);
    return engine;
  };
  let engine = make();
  const keep = (changes: Changes) => {
    facts.push(...changes.facts);
    for (const [key, value] of changes.state) state.set(key, value);
  };
  const gateway = {
    facts,
    get dueAt() {
      const due = engine.nextDueAt();
      return due === undefined ? undefined : due - aheadMs;
    },
    calls(trueAt: number, deviceId: string, type: string) {
      const now = trueAt + aheadMs;
      const said = {
        deviceId,
        kind: 'smoke',
        communityId: 'jinxiu',
        at: now,
        receivedAt: now,
        quality: 'good' as const,
      };
      keep(engine.observe({ ...said, channel: 'event', type, fields: {} } satisfies Observation));
    },
    tick: (trueAt: number) => keep(engine.tick(trueAt + aheadMs)),
    windows: (trueAt: number, windows: MuteWindow[]) => keep(engine.setWindows(windows, trueAt + aheadMs)),
    hears(fact: AlarmFact) {
      facts.push(fact);
      keep(engine.apply([fact]));
    },
    alarmOf: (deviceId: string) => {
      const raise = facts.findLast(({ body }) => body.type === 'raised' && body.deviceId === deviceId);
      return foldAlarm(facts.filter((fact) => fact.alarmId === raise?.alarmId));
    },
    restart() {
      engine = make();
    },
    /** Somebody sets the clock, and the hub is heard again. */
    setClock(nowAheadMs: number) {
      aheadMs = nowAheadMs;
      engine.setClockSkew(aheadMs);
    },
  };
  gateway.tick(at('0s'));
  return gateway;
}

function shelvedByHub(alarmId: string, saidAt: number, untilAt: number): AlarmFact {
  const origin = { type: 'hub' as const, id: 'hub' };
  const author = { type: 'person' as const, id: 'guard' };
  return { id: 'shelf', alarmId, at: saidAt, origin, author, body: { type: 'shelved', untilAt, reason: 'x' } };
}

describe.for([
  ['ahead', span('10m')],
  ['behind', -span('10m')],
  ['right', 0],
] as const)('a gateway whose clock is ten minutes %s', ([, aheadMs]) => {
  test('ends a shelf of the hub at its true end, also after a restart', () => {
    const gateway = gatewayOf(aheadMs);
    gateway.calls(at('1m'), 'smoke-1', 'alarm');
    gateway.hears(shelvedByHub(gateway.alarmOf('smoke-1')?.id ?? '', at('2m'), at('17m')));
    expect(gateway.dueAt).toBe(at('17m'));
    gateway.restart();
    gateway.tick(at('3m'));
    expect(gateway.dueAt).toBe(at('17m'));
    gateway.tick(at('17m') - 1);
    expect(gateway.alarmOf('smoke-1')?.state).toBe('shelved');
    gateway.tick(at('17m'));
    expect(gateway.alarmOf('smoke-1')?.state).toBe('unacked');
    expect(gateway.facts.at(-1)).toMatchObject({ id: 'shelf.expired', at: at('17m') });
  });

  test('mutes what is raised in a planned silence, no more and no less, until its true end', () => {
    const gateway = gatewayOf(aheadMs);
    const window: MuteWindow = {
      id: 'w1',
      type: 'maintenance',
      fromAt: at('5m'),
      untilAt: at('12m'),
      reason: '检修',
      by: 'wang',
      match: {},
    };
    gateway.windows(at('1m'), [window]);
    gateway.calls(at('4m'), 'smoke-1', 'alarm');
    expect(gateway.alarmOf('smoke-1')?.state).toBe('unacked');
    gateway.calls(at('6m'), 'smoke-2', 'alarm');
    const muted = gateway.alarmOf('smoke-2');
    expect(muted?.suppressedBy).toEqual([{ by: 'window:maintenance:w1', reason: '检修', untilAt: at('12m') }]);
    gateway.restart();
    gateway.tick(at('12m') - 1);
    expect(gateway.alarmOf('smoke-2')?.state).toBe('suppressed');
    gateway.tick(at('12m'));
    expect(gateway.alarmOf('smoke-2')?.state).toBe('unacked');
    gateway.calls(at('13m'), 'smoke-2', 'alarm-cleared');
    gateway.windows(at('13m'), [{ ...window, id: 'w2', fromAt: at('1m'), untilAt: at('13m') - 1 }]);
    gateway.calls(at('13m'), 'smoke-2', 'alarm');
    expect(gateway.alarmOf('smoke-2')?.state).toBe('unacked');
  });

  test('says what it says by its own clock, and by how much that is wrong', () => {
    const gateway = gatewayOf(aheadMs);
    gateway.calls(at('1m'), 'smoke-1', 'alarm');
    const raise = gateway.facts.find(({ body }) => body.type === 'raised');
    expect(raise?.at).toBe(at('1m') + aheadMs);
    expect(raise && hubTimeOf(raise)).toBe(at('1m'));
    expect(raise?.skewMs).toBe(aheadMs === 0 ? undefined : aheadMs);
  });
});

test('a clock that is set right in the middle of a shelf moves no end of it', () => {
  const gateway = gatewayOf(span('10m'));
  gateway.calls(at('1m'), 'smoke-1', 'alarm');
  gateway.hears(shelvedByHub(gateway.alarmOf('smoke-1')?.id ?? '', at('2m'), at('17m')));
  gateway.setClock(0);
  expect(gateway.dueAt).toBe(at('17m'));
  gateway.setClock(-span('1h'));
  expect(gateway.dueAt).toBe(at('17m'));
});
