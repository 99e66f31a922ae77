import { describe, expect, test } from 'vitest';
import { at, device, rule, Timeline } from './timeline.ts';

const fire = {
  id: 'fire',
  type: 'event',
  severity: 'critical' as const,
  lifeSafety: true,
  with: { event: 'alarm', clearEvent: 'alarm-cleared' },
};
const silent = { id: 'silent', type: 'absence', severity: 'minor' as const, with: {} };
const battery = { id: 'battery-low', type: 'threshold', severity: 'notice' as const, with: { field: 'b', below: 15 } };
const shaky = { id: 'shaky', type: 'threshold', severity: 'minor' as const, with: { field: 'x', above: 10 } };
const hot = { id: 'hot', type: 'threshold', severity: 'major' as const, with: { field: 't', above: 60 } };

const at502 = { building: '3', unit: '2', floor: 5 };
const panel = device('panel', 'node');
const node1 = { ...device('node-1', 'node', { spot: 'a' }), options: { upstream: 'panel' } };
const node2 = { ...device('node-2', 'node', { spot: 'b' }), options: { upstream: 'panel' } };
const smoke1 = device('smoke-1', 'smoke', { ...at502, room: '502' });
const smoke2 = device('smoke-2', 'smoke', { ...at502, room: '503' });
const smoke6 = device('smoke-6', 'smoke', { ...at502, floor: 6 });
const smoke20 = device('smoke-20', 'smoke', { ...at502, floor: 20 });
const bins = Array.from({ length: 20 }, (_, index) => device(`bin-${index + 10}`, 'bin', { spot: `bins ${index}` }));

function story() {
  return new Timeline({
    devices: [panel, node1, node2, smoke1, smoke2, smoke6, smoke20, ...bins],
    rules: {
      node: [silent, battery, shaky].map(rule),
      smoke: [fire, hot, silent].map(rule),
      bin: [shaky, hot, fire, silent].map(rule),
    },
  });
}

describe('incidents', () => {
  test('alarms of one place and time are one incident with its first-out, told when the second comes', () => {
    const told = story()
      .calls(at('1s'), 'smoke-1', 'alarm')
      .says(at('30s'), 'smoke-1', { t: 70 })
      .calls(at('2m'), 'smoke-2', 'alarm')
      .calls(at('3m'), 'smoke-20', 'alarm')
      .calls(at('9m'), 'smoke-6', 'alarm')
      .calls(at('30m'), 'smoke-2', 'alarm-cleared')
      .until(at('1h'));
    const links = told.facts().filter((fact) => fact.body.type === 'incident-linked');
    expect(links.map((fact) => fact.at)).toEqual([at('30s'), at('30s'), at('2m'), at('9m')]);
    const first = told.alarm({ rule: 'fire', device: 'smoke-1' });
    expect(first).toMatchObject({ firstOut: true, incidentId: `incident-${first?.id}` });
    expect(told.alarm({ rule: 'fire', device: 'smoke-6' })).toMatchObject({
      firstOut: false,
      incidentId: first?.incidentId,
    });
    expect(told.alarm({ rule: 'fire', device: 'smoke-20' })?.incidentId).toBeNull();
  });

  test('devices that fall silent together are one incident, wherever they stand', () => {
    const told = story();
    for (const [index, id] of ['bin-20', 'smoke-1', 'node-1'].entries())
      told.is(at(`${index + 1}s`), id, 'unavailable');
    const linked = told.alarms().map((alarm) => [alarm.deviceId, alarm.firstOut, alarm.incidentId !== null]);
    expect(linked).toEqual([
      ['bin-20', true, true],
      ['smoke-1', false, true],
      ['node-1', false, true],
    ]);
  });

  test('what comes more than ten minutes after the last one is another story', () => {
    const told = story().calls(at('1s'), 'smoke-1', 'alarm').until(at('11m')).calls(at('12m'), 'smoke-2', 'alarm');
    expect(told.facts().filter((fact) => fact.body.type === 'incident-linked')).toEqual([]);
  });
});

describe('inhibition', () => {
  test('devices that hang on a silent one are muted, whoever went first, and one minute longer', () => {
    const told = story()
      .is(at('1s'), 'node-1', 'unavailable')
      .is(at('5s'), 'panel', 'unavailable')
      .is(at('9s'), 'node-2', 'unavailable')
      .is(at('60s'), 'panel', 'online')
      .is(at('90s'), 'node-1', 'online')
      .until(at('10m'));
    const of = (id: string, when?: number) => told.alarm({ rule: 'silent', device: id }, when);
    expect(of('panel', at('10s'))?.state).toBe('unacked');
    expect(of('node-1', at('10s'))).toMatchObject({
      state: 'suppressed',
      suppressedBy: [{ by: 'inhibition:silent-upstream', untilAt: null }],
    });
    expect(of('node-2', at('10s'))?.state).toBe('suppressed');
    expect(of('node-2', at('61s'))?.suppressedBy[0]?.untilAt).toBe(at('120s'));
    // One came back in time; the other did not and is shown.
    expect(of('node-1')?.state).toBe('returned');
    expect(of('node-2')?.state).toBe('unacked');
  });

  test('what came and went while muted needs no answer', () => {
    const told = story()
      .is(at('5s'), 'panel', 'unavailable')
      .is(at('9s'), 'node-2', 'unavailable')
      .is(at('30s'), 'node-2', 'online')
      .until(at('10m'));
    expect(told.alarm({ rule: 'silent', device: 'node-2' })).toMatchObject({ state: 'normal', ackedBy: 'inhibition' });
  });
});

describe('inhibition rules that a community sets', () => {
  const heat = {
    id: 'fire-says-more',
    when: { rules: ['silent'] },
    mutes: { rules: ['silent'] },
    same: 'building' as const,
    reason: '同楼已有设备失联',
  };

  test('mute at once what stands, and what is no rule any more is shown at once, also across restarts', () => {
    const told = story()
      .is(at('1s'), 'panel', 'unavailable')
      .is(at('2s'), 'node-1', 'unavailable')
      .inhibitions(at('10s'))
      .inhibitions(at('20s'), { ...heat, same: 'upstream' })
      .is(at('30s'), 'node-2', 'unavailable')
      .until(at('1m'));
    const of = (id: string, when: number) => told.alarm({ rule: 'silent', device: id }, when)?.state;
    // By default what hangs on the panel is muted.
    expect(of('node-1', at('5s'))).toBe('suppressed');
    expect(of('node-1', at('15s'))).toBe('unacked');
    expect(told.alarm({ rule: 'silent', device: 'node-1' }, at('25s'))?.suppressedBy).toMatchObject([
      { by: 'inhibition:fire-says-more', untilAt: null },
    ]);
    expect(of('node-2', at('31s'))).toBe('suppressed');
    expect(of('panel', at('31s'))).toBe('unacked');
  });

  test('said twice change nothing', () => {
    const once = story().is(at('1s'), 'panel', 'unavailable').is(at('2s'), 'node-1', 'unavailable');
    const told = once.inhibitions(at('10s'), heat).inhibitions(at('20s'), heat).until(at('1m'));
    const words = told.facts().filter(({ at: when, body }) => when >= at('20s') && body.type.endsWith('suppressed'));
    expect(words).toEqual([]);
  });
});

describe('windows', () => {
  const window = {
    id: 'w1',
    type: 'fire-test' as const,
    fromAt: at('1m'),
    untilAt: at('10m'),
    reason: '季度消防测试',
    by: 'wang',
    match: { building: '3', rules: ['fire'] },
  };

  test('a fire test mutes what it raises, with reason and end; what burned before goes on', () => {
    const told = story()
      .windows(at('1s'), window)
      .calls(at('30s'), 'smoke-20', 'alarm')
      .calls(at('2m'), 'smoke-1', 'alarm')
      .says(at('3m'), 'smoke-1', { t: 80 })
      .calls(at('4m'), 'smoke-1', 'alarm-cleared')
      .calls(at('5m'), 'smoke-2', 'alarm')
      .until(at('20m'));
    expect(told.alarm({ rule: 'fire', device: 'smoke-20' }, at('9m'))?.state).toBe('unacked');
    expect(told.alarm({ rule: 'fire', device: 'smoke-1' }, at('3m'))).toMatchObject({
      state: 'suppressed',
      suppressedBy: [{ by: 'window:fire-test:w1', reason: '季度消防测试', untilAt: at('10m') }],
    });
    expect(told.alarm({ rule: 'fire', device: 'smoke-1' })?.state).toBe('normal');
    // Still calling when the test is over: somebody must look.
    expect(told.alarm({ rule: 'fire', device: 'smoke-2' })?.state).toBe('unacked');
    expect(told.alarm({ rule: 'hot', device: 'smoke-1' })?.state).toBe('unacked');
  });

  test('a window that is withdrawn frees at once', () => {
    const told = story().windows(at('1s'), window).calls(at('2m'), 'smoke-1', 'alarm').windows(at('3m'));
    expect(told.alarm({ rule: 'fire', device: 'smoke-1' }, at('150s'))?.state).toBe('suppressed');
    expect(told.alarm({ rule: 'fire', device: 'smoke-1' })?.state).toBe('unacked');
  });
});

test('flood: low priorities fold away from the eleventh on, life safety stays on top, and it all comes back', () => {
  const told = story();
  for (let index = 0; index < 16; index += 1) told.says(at(`${10 + index}s`), `bin-${10 + index}`, { x: 11 });
  told.calls(at('40s'), 'smoke-1', 'alarm').says(at('41s'), 'bin-12', { t: 70 }).says(at('50s'), 'bin-25', { x: 1 });
  told.until(at('1h'));
  const states = (when?: number) =>
    Map.groupBy(
      told.alarms(when).filter((alarm) => alarm.rule === 'shaky'),
      (alarm) => alarm.state,
    );
  expect(states(at('45s')).get('unacked')).toHaveLength(10);
  expect(states(at('45s')).get('suppressed')).toHaveLength(6);
  expect(told.alarm({ rule: 'fire' }, at('45s'))?.state).toBe('unacked');
  expect(told.alarm({ rule: 'hot' }, at('45s'))?.state).toBe('unacked');
  // Ten minutes after the fifth newest of those shown the flood is over.
  expect(states(at('12m')).get('suppressed')).toBeUndefined();
  expect(states().get('normal')).toHaveLength(1);
  expect(states().get('unacked')).toHaveLength(15);
});

describe('chattering', () => {
  const wobble = (id: string, told = story()) => {
    for (let index = 0; index < 6; index += 1) told.says(at(`${index * 5 + 1}s`), id, { x: index % 2 === 0 ? 11 : 9 });
    return told;
  };

  test('three transitions in a minute: muted for a while, with advice', () => {
    const told = wobble('bin-10').until(at('1h'));
    const advice = told.facts().filter((fact) => fact.body.type === 'commented');
    expect(advice).toHaveLength(1);
    expect(advice[0]).toMatchObject({ at: at('11s'), author: { type: 'system', id: 'chattering' } });
    const alarm = told.alarm({ rule: 'shaky' }, at('40s'));
    expect(alarm).toMatchObject({ state: 'suppressed', suppressedBy: [{ by: 'chattering', untilAt: at('611s') }] });
    // Nobody answered the first activation, which was shown: it still waits for an answer.
    expect(told.alarm({ rule: 'shaky' })?.state).toBe('returned');
  });

  test('never for life safety, which is told but not muted', () => {
    const told = story();
    for (let index = 0; index < 6; index += 1)
      told.calls(at(`${index * 5 + 1}s`), 'smoke-1', index % 2 === 0 ? 'alarm' : 'alarm-cleared');
    expect(told.of('suppressed')).toEqual([]);
    expect(told.of('commented')).toHaveLength(1);
  });
});

test('stale: active for a day is told once, with advice', () => {
  const told = story().says(at('1h'), 'bin-10', { t: 70 }).says(at('30h'), 'bin-10', { t: 70 }).until(at('60h'));
  expect(told.of('commented').map((fact) => [fact.at, fact.author.id])).toEqual([[at('25h'), 'stale']]);
});

describe('shelf and service', () => {
  test('a shelf runs out at its time, un-acknowledged, under an id that follows from its fact', () => {
    const told = story()
      .says(at('1s'), 'bin-10', { t: 70 })
      .people(at('2s'), { rule: 'hot' }, { type: 'acknowledged', activation: 1 })
      .people(at('3s'), { rule: 'hot' }, { type: 'shelved', untilAt: at('5m'), reason: '等配件' }, 's1')
      .until(at('10m'));
    expect(told.alarm({ rule: 'hot' }, at('4m'))?.state).toBe('shelved');
    expect(told.alarm({ rule: 'hot' })?.state).toBe('unacked');
    expect(told.of('unshelved').map((fact) => [fact.id, fact.at])).toEqual([['s1.expired', at('5m')]]);
  });

  test('a shelf that a person ended does not run out', () => {
    const told = story()
      .says(at('1s'), 'bin-10', { t: 70 })
      .people(at('3s'), { rule: 'hot' }, { type: 'shelved', untilAt: at('5m'), reason: '等配件' })
      .people(at('9s'), { rule: 'hot' }, { type: 'unshelved', cause: 'person', activation: 1 })
      .until(at('10m'));
    expect(told.of('unshelved')).toHaveLength(1);
    expect(told.alarm({ rule: 'hot' })?.state).toBe('acked');
  });

  test('out of service ends at its time', () => {
    story()
      .says(at('1s'), 'bin-10', { t: 70 })
      .people(at('3s'), { rule: 'hot' }, { type: 'out-of-service', untilAt: at('2h'), reason: '检修' }, 'o1')
      .until(at('3h'))
      .of('in-service')
      .map((fact) => expect([fact.id, fact.at]).toEqual(['o1.expired', at('2h')]));
  });
});
