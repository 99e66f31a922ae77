import { expect, test } from 'vitest';
import { ClockSkew } from '../../core/clock-skew.ts';

test('the difference of two clocks is told by the message that was on its way the shortest', () => {
  const skew = new ClockSkew();
  expect(skew.toOursMs).toBe(0);
  for (const delayMs of [900, 20, 30_000, 40]) skew.add(1_000_000 + 600_000, 1_000_000 + delayMs);
  expect(skew.toOursMs).toBe(-600_000 + 20);
  for (let index = 0; index < 12; index += 1) skew.add(1_000_000, 1_000_000 + 5);
  expect(skew.toOursMs).toBe(5);
});

test('comparisons are corrected by a difference that stands still until a clock was set, and by none between good clocks', () => {
  const skew = new ClockSkew();
  for (const wayMs of [1_500, 40, 900]) skew.add(5_000_000, 5_000_000 + wayMs);
  expect(skew.settledMs).toBe(0);
  skew.add(5_600_000, 5_000_000);
  expect(skew.settledMs).toBe(-600_000);
  for (const driftMs of [-5, 700, -1_200]) skew.add(5_600_000, 5_000_000 + driftMs);
  expect(skew.settledMs).toBe(-600_000);
  for (let index = 0; index < 12; index += 1) skew.add(6_000_000, 6_000_030);
  expect(skew.settledMs).toBe(0);
  expect(new ClockSkew(-600_000).settledMs).toBe(-600_000);
});
