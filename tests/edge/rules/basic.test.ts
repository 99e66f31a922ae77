import { describe, expect, test } from 'vitest';
import { at, between, device, rule, Timeline } from '../alarms/timeline.ts';

const bin = device('bin-1', 'smart-bin', { building: '3' });
const smoke = device('smoke-1', 'smoke-detector', { building: '3', unit: '2', floor: 5, room: '502' });

function story(kind: string, ...rules: Parameters<typeof rule>[0][]) {
  return new Timeline({ devices: [bin, smoke], rules: { [kind]: rules.map(rule) } });
}

describe('threshold', () => {
  const hot = { id: 'hot', type: 'threshold', with: { field: 't', above: 65, clearBelow: 50 } };

  test('raises beyond the limit and clears only below the hysteresis', () => {
    story('smart-bin', hot)
      .says(at('0s'), 'bin-1', { t: 20 })
      .says(at('10s'), 'bin-1', { t: 65 })
      .says(at('20s'), 'bin-1', { t: 66 })
      .says(at('30s'), 'bin-1', { t: 60 })
      .says(at('40s'), 'bin-1', { t: 66 })
      .says(at('50s'), 'bin-1', { t: 50 })
      .expectAlarm(between('20s', '20s'), { rule: 'hot' })
      .expectClear(between('50s', '50s'), { rule: 'hot', reason: 'condition' })
      .of('raised').length === 1 || expect.fail('one raise');
  });

  test('waits the on-delay on the clock, and forgets it when the value is back in time', () => {
    const slow = { ...hot, with: { ...hot.with, onDelayMs: 10_000, offDelayMs: 5_000 } };
    story('smart-bin', slow)
      .says(at('1s'), 'bin-1', { t: 70 })
      .says(at('8s'), 'bin-1', { t: 40 })
      .says(at('20s'), 'bin-1', { t: 70 })
      .says(at('25s'), 'bin-1', { t: 90 })
      .until(at('60s'))
      .says(at('61s'), 'bin-1', { t: 40 })
      .says(at('63s'), 'bin-1', { t: 80 })
      .says(at('70s'), 'bin-1', { t: 40 })
      .until(at('5m'))
      .expectAlarm(between('30s', '30s'), { rule: 'hot' })
      .expectClear(between('75s', '75s'), { rule: 'hot' });
  });

  test('a reading outside of what the sensor can measure is no alarm of it', () => {
    story('smart-bin', { ...hot, with: { ...hot.with, plausible: [-40, 400] } })
      .says(at('1s'), 'bin-1', { t: 850 })
      .expectNone({ rule: 'hot' });
  });

  test('tells a worse severity at once and the same level at most once a minute', () => {
    const full = {
      id: 'full',
      type: 'threshold',
      severity: 'minor' as const,
      with: { field: 'f', above: 80, worse: [{ above: 95, severity: 'major' }] },
    };
    const told = story('smart-bin', full)
      .says(at('1s'), 'bin-1', { f: 81 })
      .says(at('2s'), 'bin-1', { f: 83 })
      .says(at('3s'), 'bin-1', { f: 85 })
      .says(at('4s'), 'bin-1', { f: 96 })
      .says(at('5s'), 'bin-1', { f: 97 })
      .until(at('10m'));
    expect(told.of('updated').map((fact) => [fact.at, fact.body.severity, fact.body.cause?.f])).toEqual([
      [at('4s'), 'major', 96],
      [at('64s'), undefined, 97],
    ]);
    expect(told.alarm({ rule: 'full' })?.severity).toBe('major');
  });
});

describe('event', () => {
  const fire = { id: 'fire', type: 'event', with: { event: 'alarm', clearEvent: 'alarm-cleared' } };

  test('raises, counts repeats in one alarm, clears by the clearing event', () => {
    const told = story('smoke-detector', fire)
      .calls(at('1s'), 'smoke-1', 'alarm')
      .calls(at('2s'), 'smoke-1', 'alarm')
      .calls(at('3s'), 'smoke-1', 'alarm')
      .calls(at('4s'), 'smoke-1', 'alarm-cleared')
      .calls(at('5s'), 'smoke-1', 'alarm-cleared');
    expect(told.facts().map((fact) => fact.body.type)).toEqual(['raised', 'updated', 'cleared']);
    expect(told.alarm({ rule: 'fire' })).toMatchObject({ count: 3, state: 'returned', lastAt: at('4s') });
  });

  test('what says more of the same occurrence is told at once, and counts once', () => {
    const told = story('smoke-detector', { id: 'thrown', type: 'event', with: { event: 'falling', oneBy: 'fallId' } })
      .calls(at('1s'), 'smoke-1', 'falling', { fallId: 'a', floor: 6 })
      .calls(at('3s'), 'smoke-1', 'falling', { fallId: 'a', floor: 5 });
    expect(told.alarm({ rule: 'thrown' })).toMatchObject({ count: 1, lastAt: at('3s'), cause: { floor: 5 } });
    told
      .calls(at('2m'), 'smoke-1', 'falling', { fallId: 'b' })
      .calls(at('125s'), 'smoke-1', 'falling', { fallId: 'b' });
    expect(told.alarm({ rule: 'thrown' })).toMatchObject({ count: 2 });
    told.calls(at('4m'), 'smoke-1', 'falling').calls(at('5m'), 'smoke-1', 'falling');
    expect(told.alarm({ rule: 'thrown' })).toMatchObject({ count: 4 });
  });

  test('clears by quiet when nothing else can, counted from the last occurrence', () => {
    story('smoke-detector', { id: 'thrown', type: 'event', with: { event: 'falling', clearAfterQuietMs: 60_000 } })
      .calls(at('0s'), 'smoke-1', 'falling')
      .calls(at('50s'), 'smoke-1', 'falling')
      .until(at('10m'))
      .expectClear(between('110s', '110s'), { rule: 'thrown', reason: 'quiet' });
  });

  test('only events with these fields', () => {
    story('smoke-detector', { id: 'denied', type: 'event', with: { event: 'pass', where: { result: 'denied' } } })
      .calls(at('1s'), 'smoke-1', 'pass', { result: 'granted' })
      .calls(at('2s'), 'smoke-1', 'pass', { result: 'denied' })
      .expectAlarm(between('2s', '2s'), { rule: 'denied' });
  });

  test('a raise that its own clear overtook on the way does not come back', () => {
    story('smoke-detector', fire)
      .calls(at('5s'), 'smoke-1', 'alarm-cleared')
      .calls(at('6s'), 'smoke-1', 'alarm', {}, { measuredAt: at('4s') })
      .expectNone({ rule: 'fire' });
  });

  test('evidence of the event becomes evidence of the alarm', () => {
    const evidence = { id: 'e1', type: 'picture', mime: 'image/jpeg', at: at('1s'), bytes: 9, sha256: 'a'.repeat(64) };
    const told = story('smoke-detector', fire).calls(at('1s'), 'smoke-1', 'alarm', { evidence: [evidence] });
    expect(told.alarm({ rule: 'fire' })?.evidence).toEqual([evidence]);
  });
});

describe('absence', () => {
  test('follows the word on whether the device can be reached', () => {
    story('smart-bin', { id: 'silent', type: 'absence', with: {} })
      .is(at('1s'), 'bin-1', 'online')
      .is(at('10s'), 'bin-1', 'unavailable')
      .is(at('30s'), 'bin-1', 'online')
      .expectAlarm(between('10s', '10s'), { rule: 'silent' })
      .expectClear(between('30s', '30s'), { rule: 'silent' });
  });

  test('raises exactly when a reading is overdue, whatever else is heard', () => {
    story('smoke-detector', {
      id: 'no-reading',
      type: 'absence',
      with: { missing: 'telemetry', field: 'smokeDbPerM', afterMs: 600_000 },
    })
      .says(at('1m'), 'smoke-1', { smokeDbPerM: 0.4 })
      .says(at('5m'), 'smoke-1', { temperatureCelsius: 20 })
      .until(at('12m'))
      .says(at('15m'), 'smoke-1', { smokeDbPerM: 0.4 })
      .expectAlarm(between('11m', '11m'), { rule: 'no-reading' })
      .expectClear(between('15m', '15m'), { rule: 'no-reading' });
  });

  test('raises exactly when the event is overdue', () => {
    story('smoke-detector', {
      id: 'no-test',
      type: 'absence',
      with: { missing: 'event', event: 'test', afterMs: 86_400_000 },
    })
      .calls(at('1h'), 'smoke-1', 'test')
      .says(at('2h'), 'smoke-1', { t: 20 })
      .until(at('30h'))
      .calls(at('31h'), 'smoke-1', 'test')
      .expectAlarm(between('25h', '25h'), { rule: 'no-test' })
      .expectClear(between('31h', '31h'), { rule: 'no-test' });
  });
});

test('duration: a door open for too long raises on the clock', () => {
  story('smart-bin', { id: 'open', type: 'duration', with: { field: 'open', is: true, forMs: 600_000 } })
    .says(at('1m'), 'bin-1', { open: true })
    .says(at('2m'), 'bin-1', { open: false })
    .says(at('3m'), 'bin-1', { open: true })
    .says(at('4m'), 'bin-1', { open: true })
    .until(at('20m'))
    .says(at('21m'), 'bin-1', { open: false })
    .expectAlarm(between('13m', '13m'), { rule: 'open' })
    .expectClear(between('21m', '21m'), { rule: 'open' });
});

test('state mismatch: an opening needs a pass of its own, shortly before or after', () => {
  const told = story('smart-bin', {
    id: 'no-pass',
    type: 'state-mismatch',
    with: { field: 'open', is: true, unlessEvent: 'pass', withinMs: 15_000 },
  })
    .says(at('0s'), 'bin-1', { open: false })
    .calls(at('1s'), 'bin-1', 'pass')
    .says(at('2s'), 'bin-1', { open: true })
    .says(at('5s'), 'bin-1', { open: false })
    .says(at('6s'), 'bin-1', { open: true })
    .calls(at('7s'), 'bin-1', 'pass')
    .says(at('10s'), 'bin-1', { open: false })
    .says(at('12s'), 'bin-1', { open: true })
    .until(at('1m'))
    .says(at('61s'), 'bin-1', { open: false });
  told.expectAlarm(between('14s', '14s'), { rule: 'no-pass' }).expectClear(between('61s', '61s'), { rule: 'no-pass' });
  expect(told.of('raised')).toHaveLength(1);
});

test('a calendar: what stands open when the night begins raises at that minute and ends with it', () => {
  story('smart-bin', {
    id: 'night-open',
    type: 'threshold',
    with: { field: 'open', above: 0, only: { from: '22:00', to: '06:00' } },
  })
    .says(at('1h'), 'bin-1', { open: 1 })
    .until(at('30h'))
    .expectAlarm(between('14h', '14h'), { rule: 'night-open' })
    .expectClear(between('22h', '22h'), { rule: 'night-open' });
});
