import { expect, test } from 'vitest';
import { poisson, wilson } from './statistics.ts';

test('a Wilson interval of 9 in 10 is the textbook one', () => {
  const interval = wilson(9, 10);
  expect(interval.low).toBeCloseTo(0.596, 3);
  expect(interval.high).toBeCloseTo(0.982, 3);
});

test('nothing tried leaves every share possible', () => {
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
});

test('an exact Poisson interval of no events ends at 3.69', () => {
  expect(poisson(0).low).toBe(0);
  expect(poisson(0).high).toBeCloseTo(3.689, 3);
});

test('an exact Poisson interval of ten events is the tabulated one', () => {
  const interval = poisson(10);
  expect(interval.low).toBeCloseTo(4.795, 3);
  expect(interval.high).toBeCloseTo(18.39, 2);
});
