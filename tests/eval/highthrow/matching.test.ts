import { expect, test } from 'vitest';
import { type DetectedEvent, type Fall, matchEvents } from './matching.ts';

const fall: Fall = {
  id: 'a',
  track: Array.from({ length: 26 }, (_, i) => [i + 50, 100, 10 * i] as const),
  mirrored: Array.from({ length: 26 }, (_, i) => [i + 50, 140, 8 * i] as const),
  sizePx: 10,
  contrast: 40,
  light: 'day',
  drifts: false,
  floor: 5,
};

function event(first: number, last: number, x: number, step: number): DetectedEvent {
  const track = Array.from({ length: last - first + 1 }, (_, i) => ({
    atMs: (first + i) * 40,
    x,
    y: step * (first + i - 50),
  }));
  return { startMs: first * 40, endMs: last * 40, confidence: 0.9, track };
}

function match(...events: DetectedEvent[]) {
  return matchEvents({ falls: [fall], events, fps: 25, nearPx: 20 });
}

test('an event along a fall is its event, and their shared time is told', () => {
  const { matches, falseAlarms } = match(event(55, 75, 101, 10));
  expect(matches[0]?.event).toBeDefined();
  expect(matches[0]?.overlap).toBeCloseTo(0.8);
  expect(falseAlarms).toHaveLength(0);
});

test('the event of a reflection finds the fall, but beside the true one it is a false alarm', () => {
  expect(match(event(52, 70, 140, 8)).matches[0]?.event).toBeDefined();
  const both = match(event(52, 75, 100, 10), event(60, 70, 140, 8));
  expect(both.matches[0]?.overlap).toBeCloseTo(0.92);
  expect(both.falseAlarms).toHaveLength(1);
});

test('an event elsewhere at the same time leaves the fall missed', () => {
  const { matches, falseAlarms } = match(event(52, 70, 400, 10));
  expect(matches[0]).toMatchObject({ event: undefined, overlap: 0 });
  expect(falseAlarms).toHaveLength(1);
});
