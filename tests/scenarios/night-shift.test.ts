import { expect, test } from 'vitest';
import { runNight } from './night-shift.ts';

const PER_HOUR_MAX = 6;

test('a night shift: under six an hour outside incidents, and every incident on top within a second', async () => {
  const night = await runNight('night');
  expect(night.observations).toBeGreaterThan(300_000);
  for (const shift of night.shifts) {
    expect(shift.shownOutside / shift.hoursOutside).toBeLessThan(PER_HOUR_MAX);
    expect(shift.shown).toBeLessThanOrEqual(shift.raised);
  }
  expect(night.incidents.map((one) => one.scenario)).toEqual(['kitchen-fire', 'forced-gate', 'bin-fire']);
  for (const { onTopAfterMs } of night.incidents) {
    expect(onTopAfterMs).not.toBeNull();
    expect(onTopAfterMs).toBeLessThanOrEqual(1_000);
  }
}, 300_000);
