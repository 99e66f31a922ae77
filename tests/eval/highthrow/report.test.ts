import { expect, test } from 'vitest';
import { alarmsOf } from './report.ts';

test('what follows within the quiet time that clears an alarm raises no other one', () => {
  const at = (...minutes: number[]) =>
    minutes.map((minute) => ({ startMs: minute * 60_000 - 500, endMs: minute * 60_000, confidence: 0.6, track: [] }));
  expect(alarmsOf([])).toBe(0);
  expect(alarmsOf(at(7))).toBe(1);
  expect(alarmsOf(at(19, 1, 10))).toBe(1);
  expect(alarmsOf(at(1, 10, 21))).toBe(2);
});
