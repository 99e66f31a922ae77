import { describe, expect, test } from 'vitest';
import { createFallCollector } from '../../../../edge/vision/judge/falls.ts';
import { createNuisance } from '../../../../edge/vision/judge/nuisance.ts';
import { type Track, toHit } from '../../../../edge/vision/track/tracker.ts';
import { FACADE, PICTURE, sighting } from '../sightings.ts';

const MINUTE_MS = 60_000;
const WEIGHTS = { memoryMs: 10 * MINUTE_MS, marginMin: -4.6, unit: 0.1, costMax: 3, sameMs: 300, sameShare: 0.1 };

/** Sinks for two seconds. */
const sinking = (x: number, fromMs: number): Track => ({
  id: x,
  frames: 50,
  hits: Array.from({ length: 50 }, (_, frame) => toHit(sighting(x, 20 + frame * 10), fromMs + frame * 40)),
});

describe('what a camera has seen that was nearly a fall', () => {
  test('asks nothing where there was none, and more with each', () => {
    const nuisance = createNuisance(PICTURE, WEIGHTS);
    const fall = sinking(900, 20 * MINUTE_MS);
    expect(nuisance.costOf(fall)).toBe(0);
    const costs = Array.from({ length: 12 }, (_, leaf) => {
      nuisance.add(sinking(100, 19 * MINUTE_MS + leaf * 4_000), -1);
      return nuisance.costOf(fall);
    });
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    expect(costs[0]).toBeGreaterThan(0.5);
    // What is far surer than any leaf is told all the same.
    expect(costs.at(-1)).toBe(3);
    expect(nuisance.costAt(20 * MINUTE_MS)).toBe(3);
    expect(nuisance.costAt(18 * MINUTE_MS)).toBe(0);
  });

  test('is forgotten: what was near the bound later than what hardly came near it', () => {
    const costAfter = (minutes: number, margin: number) => {
      const nuisance = createNuisance(PICTURE, WEIGHTS);
      nuisance.add(sinking(100, 0), margin);
      return nuisance.costOf(sinking(900, minutes * MINUTE_MS));
    };
    expect(costAfter(1, -0.5)).toBeGreaterThan(costAfter(1, -2));
    expect(costAfter(1, -0.5)).toBeGreaterThan(costAfter(20, -0.5));
    expect(costAfter(60, -0.5)).toBeLessThan(0.05);
    expect(costAfter(1, -6)).toBe(0);
  });

  test('a piece of the thing itself, tracked twice, speaks against it no more than once and never against itself', () => {
    const nuisance = createNuisance(PICTURE, WEIGHTS);
    const whole = sinking(900, 0);
    const piece = { ...whole, hits: whole.hits.slice(0, 20), frames: 20 };
    nuisance.add(piece, -0.5);
    expect(nuisance.costOf(whole)).toBe(0);
    const later = sinking(300, MINUTE_MS);
    const once = nuisance.costOf(later);
    nuisance.add(piece, -0.5);
    nuisance.add(piece, -2);
    expect(nuisance.costOf(later)).toBeCloseTo(once, 6);
  });

  test('what was told and was none counts like what all but reached the bound, until somebody says otherwise', () => {
    const nuisance = createNuisance(PICTURE, WEIGHTS);
    const nearly = createNuisance(PICTURE, WEIGHTS);
    const [told, later] = [sinking(100, 0), sinking(900, MINUTE_MS)];
    nearly.add(told, 0);
    nuisance.tell(told);
    expect(nuisance.costOf(later)).toBe(0);
    const told2s = { fromAt: 1_900, toAt: 2_100 };
    nuisance.judge({ fromAt: 3_000, toAt: 4_000, isFalse: true });
    expect(nuisance.costOf(later)).toBe(0);
    nuisance.judge({ ...told2s, isFalse: true });
    expect(nuisance.costOf(later)).toBeCloseTo(nearly.costOf(later), 9);
    expect(nuisance.costOf(told)).toBe(0);
    nuisance.judge({ ...told2s, isFalse: false });
    expect(nuisance.costOf(later)).toBe(0);
  });

  test('of what has not ended yet nothing is known', () => {
    const nuisance = createNuisance(PICTURE, WEIGHTS);
    nuisance.add(sinking(100, 10_000), 0);
    expect(nuisance.costOf(sinking(900, 0))).toBe(0);
  });
});

test('a calibrated camera tells a fall after a calm hour, and not among ten things that were nearly falls', () => {
  // Believes in what falls by more than a third of the picture, and nearly in all else.
  const judge = {
    features: ['drop'],
    trees: [{ feature: [0, -1, -1], threshold: [0.33, 0, 0], left: [1, 0, 0], right: [2, 0, 0], value: [0, -1, 1] }],
    told: 0,
    sure: 2,
    nuisance: WEIGHTS,
  };
  const collectorOf = () => createFallCollector({ ...PICTURE, facade: FACADE, judge });
  const tellAfter = (leaves: number) => {
    const collector = collectorOf();
    const told: unknown[][] = [];
    for (let atMs = 0; atMs <= 4 * MINUTE_MS; atMs += 1_000) {
      const leaf = (atMs - MINUTE_MS) / 5_000;
      const { hits } = sinking(200 + leaf * 100, atMs - 1_500);
      const ended =
        Number.isInteger(leaf) && leaf >= 0 && leaf < leaves ? [{ id: leaf, hits: hits.slice(0, 30), frames: 30 }] : [];
      if (atMs === 3 * MINUTE_MS) ended.push(sinking(900, atMs - 2_000));
      told.push(collector.add({ sightings: [], activeShare: 0, ended, live: [] }, atMs));
    }
    return told.flat();
  };
  expect(tellAfter(0)).toHaveLength(1);
  expect(tellAfter(10)).toEqual([]);

  // What a guard calls false weighs against the next of its like; what is true does not.
  const collector = collectorOf();
  const see = (atMs: number, ended: Track[]) => collector.add({ sightings: [], activeShare: 0, ended, live: [] }, atMs);
  for (let atMs = 0; atMs < 20_000; atMs += 1_000) see(atMs, []);
  see(20_000, [sinking(100, 18_000)]);
  const [fall] = see(21_000, []);
  expect(fall).toBeDefined();
  expect(collector.caution(21_000)).toBe(1);
  collector.judge({ fromAt: 19_000, toAt: 20_000, isFalse: true });
  expect(collector.caution(21_000)).toBeGreaterThan(5);
  see(60_000, [sinking(900, 58_000)]);
  expect(see(61_000, [])).toEqual([]);
  collector.judge({ fromAt: 19_000, toAt: 20_000, isFalse: false });
  see(70_000, [sinking(1_200, 68_000)]);
  expect(see(71_000, [])).toHaveLength(1);
});
