import { describe, expect, test } from 'vitest';
import { at, between, device, rule, span, Timeline } from '../alarms/timeline.ts';

const kitchen = { building: '3', unit: '2', floor: 5, room: '502', zone: '3-2-5' };
const smoke1 = device('smoke-1', 'smoke-detector', kitchen);
const smoke2 = device('smoke-2', 'smoke-detector', { ...kitchen, room: '503' });
const smoke9 = device('smoke-9', 'smoke-detector', { building: '3', unit: '2', floor: 9, zone: '3-2-9' });
const heat = device('heat-1', 'electrical-fire', kitchen);
const gate = device('gate-1', 'access-gate', { building: '3', spot: '北门' });
const gate2 = device('gate-2', 'access-gate', { building: '4' });
const bin = device('bin-1', 'smart-bin');
const DEVICES = [smoke1, smoke2, smoke9, heat, gate, gate2, bin];

function story(kind: string, ...rules: Parameters<typeof rule>[0][]) {
  return new Timeline({ devices: DEVICES, rules: { [kind]: rules.map(rule) } });
}

describe('voting', () => {
  const votes = [
    { kind: 'smoke-detector', event: 'alarm', clearEvent: 'alarm-cleared' },
    { field: 't', above: 57 },
  ];
  const confirmed = { id: 'confirmed', type: 'voting', with: { votes, offDelayMs: 30_000 } };

  test('two detectors of one zone make it sure, two of different zones do not', () => {
    const told = story('smoke-detector', confirmed)
      .calls(at('1s'), 'smoke-1', 'alarm')
      .calls(at('2s'), 'smoke-9', 'alarm')
      .calls(at('9s'), 'smoke-2', 'alarm')
      .calls(at('20s'), 'smoke-1', 'alarm-cleared')
      .until(at('2m'));
    told.expectAlarm(between('9s', '9s'), { rule: 'confirmed', device: 'smoke-2' });
    told.expectClear(between('50s', '50s'), { rule: 'confirmed' });
    expect(told.of('raised')).toHaveLength(1);
  });

  test('smoke and temperature of one place make it sure, whoever measures', () => {
    story('smoke-detector', confirmed)
      .says(at('1s'), 'heat-1', { t: 60 })
      .calls(at('5s'), 'smoke-1', 'alarm')
      .expectAlarm(between('5s', '5s'), { rule: 'confirmed' });
    story('smoke-detector', { ...confirmed, with: { ...confirmed.with, distinct: 'device' } })
      .says(at('1s'), 'smoke-1', { t: 60 })
      .calls(at('5s'), 'smoke-1', 'alarm')
      .expectNone({ rule: 'confirmed' });
  });

  test('a detector that left the place takes its vote along', () => {
    story('smoke-detector', confirmed)
      .calls(at('1s'), 'smoke-1', 'alarm')
      .calls(at('2s'), 'smoke-2', 'alarm')
      .changes(at('10s'), (world) => {
        world.devices = world.devices.filter((one) => one.id !== 'smoke-1');
      })
      .says(at('11s'), 'heat-1', { t: 20 })
      .until(at('2m'))
      .expectClear(between('41s', '41s'), { rule: 'confirmed' });
  });
});

describe('boolean', () => {
  test('AND, OR and NOT over fields and events, with a delay on the clock', () => {
    const told = story('access-gate', {
      id: 'odd',
      type: 'boolean',
      with: {
        when: {
          all: [
            {
              any: [
                { field: 'open', is: true },
                { field: 'locked', is: false },
              ],
            },
            { not: { event: 'pass', forMs: 60_000 } },
          ],
        },
        onDelayMs: 5_000,
      },
    })
      .calls(at('0s'), 'gate-1', 'pass')
      .says(at('10s'), 'gate-1', { open: true, locked: true })
      .until(at('2m'))
      .says(at('130s'), 'gate-1', { open: false, locked: true })
      .until(at('3m'));
    // The pass explains the open door for a minute; five seconds later nothing does.
    told.expectAlarm(between('65s', '65s'), { rule: 'odd' }).expectClear(between('130s', '130s'), { rule: 'odd' });
  });

  test('over devices of a place: the gate is open while the smoke detector cannot be reached', () => {
    story('access-gate', {
      id: 'both',
      type: 'boolean',
      with: {
        place: 'building',
        when: {
          all: [
            { kind: 'access-gate', field: 'open', is: true },
            { device: 'smoke-1', liveness: 'unavailable' },
          ],
        },
      },
    })
      .says(at('1s'), 'gate-2', { open: true })
      .is(at('2s'), 'smoke-1', 'unavailable')
      .says(at('3s'), 'gate-1', { open: true })
      .is(at('4s'), 'smoke-1', 'online')
      .expectAlarm(between('3s', '3s'), { rule: 'both' })
      .expectClear(between('4s', '4s'), { rule: 'both' });
  });
});

test('count in window: three denied cards in a minute, over after a quiet minute', () => {
  const told = story('access-gate', {
    id: 'denied',
    type: 'count-in-window',
    with: { event: 'pass', where: { result: 'denied' }, count: 3, withinMs: 60_000 },
  });
  for (const time of ['1s', '40s', '70s', '80s', '95s']) told.calls(at(time), 'gate-1', 'pass', { result: 'denied' });
  told.calls(at('97s'), 'gate-1', 'pass', { result: 'granted' }).until(at('10m'));
  told.expectAlarm(between('80s', '80s'), { rule: 'denied' });
  told.expectClear(between('155s', '155s'), { rule: 'denied', reason: 'quiet' });
  expect(told.alarm({ rule: 'denied' })?.count).toBe(2);
});

test('rate of change: ten degrees within five minutes', () => {
  const told = story('smart-bin', {
    id: 'heating',
    type: 'rate-of-change',
    with: { field: 't', rise: 10, withinMs: 300_000 },
  });
  for (let minute = 0; minute < 20; minute += 1) told.says(at(`${minute}m`), 'bin-1', { t: 20 + minute });
  for (let minute = 20; minute < 26; minute += 1) told.says(at(`${minute}m`), 'bin-1', { t: 40 + (minute - 20) * 4 });
  for (let minute = 26; minute < 40; minute += 1) told.says(at(`${minute}m`), 'bin-1', { t: 60 });
  told.expectAlarm(between('22m', '22m'), { rule: 'heating' }).expectClear(between('28m', '31m'), { rule: 'heating' });
});

test('time to limit: a bin that fills by 8 % an hour is called out before it is full, and rests once emptied', () => {
  const told = story('smart-bin', {
    id: 'soon-full',
    type: 'time-to-limit',
    with: { field: 'f', limit: 90, withinMs: span('2h'), resetBy: 20 },
  });
  for (let minute = 0; minute <= 540; minute += 10) told.says(at(`${minute}m`), 'bin-1', { f: 20 + (minute / 60) * 8 });
  told.says(at('9h5m'), 'bin-1', { f: 3 });
  // 90 % would be reached at 8 h 45 min.
  told
    .expectAlarm(between('6h40m', '6h50m'), { rule: 'soon-full' })
    .expectClear(between('9h5m', '9h5m'), { rule: 'soon-full' });
  expect(told.of('raised')).toHaveLength(1);
});

test('slope: a steady fall is a leak, ordinary use is not', () => {
  const told = story('smart-bin', { id: 'leak', type: 'slope', with: { field: 'p', fallPerHour: 0.01 } });
  for (let minute = 0; minute < 240; minute += 5)
    told.says(at(`${minute}m`), 'bin-1', { p: 0.3 + ((minute / 5) % 2) * 0.04 });
  told.expectNone({ rule: 'leak' });
  for (let minute = 240; minute < 600; minute += 5)
    told.says(at(`${minute}m`), 'bin-1', { p: 0.3 - ((minute - 240) / 60) * 0.02 });
  told.expectAlarm(between('5h', '9h'), { rule: 'leak' });
});

test('drift: the resting value creeps up over weeks; a fire in between does not count', () => {
  const told = story('smoke-detector', {
    id: 'dusty',
    type: 'drift',
    with: { field: 's', above: 0.15, quiet: [0, 0.3], overMs: span('5d') },
  });
  for (let hour = 0; hour < 24 * 40; hour += 4)
    told.says(at(`${hour}h`), 'smoke-1', { s: hour === 48 ? 3 : 0.02 + (hour / 24) * 0.006 });
  told.expectAlarm(between('25d', '28d'), { rule: 'dusty' });
});

test('care: no pass of the person for a day, at any door; the next one clears', () => {
  story('access-gate', { id: 'care', type: 'care', severity: 'notice', with: { consent: true, personRef: 'p7' } })
    .calls(at('1h'), 'gate-1', 'pass', { personRef: 'p7', result: 'granted' })
    .calls(at('3h'), 'gate-2', 'pass', { personRef: 'p7', result: 'granted' })
    .calls(at('9h'), 'gate-1', 'pass', { personRef: 'p8', result: 'granted' })
    .until(at('30h'))
    .calls(at('31h'), 'gate-1', 'pass', { personRef: 'p7', result: 'granted' })
    .expectAlarm(between('27h', '27h'), { rule: 'care' })
    .expectClear(between('31h', '31h'), { rule: 'care' });
});

test('clearAfterQuiet: any level can be told to be over when it is not said again', () => {
  story('smart-bin', {
    id: 'quiet',
    type: 'voting',
    with: {
      place: 'device',
      votes: [
        { field: 'a', above: 1 },
        { field: 'b', above: 1 },
      ],
      clearAfterQuietMs: 60_000,
    },
  })
    .says(at('1s'), 'bin-1', { a: 2, b: 2 })
    .until(at('5m'))
    .expectAlarm(between('1s', '1s'), { rule: 'quiet' })
    .expectClear(between('61s', '61s'), { rule: 'quiet', reason: 'quiet' });
});
