import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MODEL_FOLDER } from '../../../../edge/vision/detect-video.ts';
import { type Around, judge } from '../../../../edge/vision/judge/accept.ts';
import { featuresOf } from '../../../../edge/vision/judge/features.ts';
import { sumOfTrees } from '../../../../edge/vision/judge/forest.ts';
import { type AlongNet, type Layer, sumOfNets } from '../../../../edge/vision/judge/nets.ts';
import { sequenceOf } from '../../../../edge/vision/judge/sequence.ts';
import { createHistory } from '../../../../edge/vision/track/history.ts';
import { moveFrom } from '../../../../edge/vision/track/physics.ts';
import { createSurroundings } from '../../../../edge/vision/track/surroundings.ts';
import { type Hit, type Track, toHit } from '../../../../edge/vision/track/tracker.ts';
import { type Judge, loadModel } from '../../../../models/run.ts';
import { seededRandom } from '../../../../simulators/random.ts';
import { BELIEVING, FACADE, PICTURE, sighting } from '../sightings.ts';

const FRAME_MS = 40;
const facade = FACADE;
const { judges } = await loadModel(MODEL_FOLDER);

const ALONE: Around = {
  crowd: () => ({ company: 0, alike: 0 }),
  clutter: () => ({ sightings: 1, likely: 0.2, activeShare: 0.001, comingBack: 0 }),
  life: () => ({ before: [], after: [] }),
  nuisance: () => 0,
};

/** A track whose object is at a place in metres at each second, as the verifier sees things: a little off, never quite sure. */
function trackOf(
  placeAt: (seconds: number) => { right: number; up: number },
  of: { frames: number; seed: string; sure?: number },
): Track {
  const random = seededRandom(of.seed);
  const spots = Array.from({ length: of.frames }, (_, frame) => facade.toPixel(placeAt((frame * FRAME_MS) / 1000)));
  const hits = spots.map(({ x, y }, frame): Hit => {
    const next = spots[frame + 1] ?? { x, y };
    const before = spots[frame - 1] ?? { x, y };
    const thrown = Math.min(0.98, Math.max(0.3, (of.sure ?? 0.85) + 0.1 * random.normal()));
    const seen = sighting(x + random.normal(), y + random.normal(), {
      vx: (next.x - before.x) / 2 + 0.5 * random.normal(),
      vy: (next.y - before.y) / 2 + 0.5 * random.normal(),
      sizePx: 12 + random.normal(),
      contrast: -20 + random.normal(),
      thrown,
    });
    return toHit(seen, frame * FRAME_MS);
  });
  return { id: 1, hits, frames: hits.length };
}

const falling = (start: { right: number; up: number }, of: { drag: number; wind: number }) => (seconds: number) =>
  moveFrom(
    { start: { ...start, speedRight: 0.3, speedUp: 0 }, dragPerMetre: of.drag, windMetresPerSecond: of.wind },
    seconds + 0.1,
  );
const gliding = (start: { right: number; up: number }, speed: { right: number; up: number }) => (seconds: number) => ({
  right: start.right + speed.right * seconds,
  up: start.up + speed.up * seconds,
});

const confidenceOf = (track: Track, around = ALONE): number => {
  const judgement = judge(track, { ...PICTURE, facade, judge: judges.calibrated, around });
  return judgement.accepted ? judgement.confidence : 0;
};

describe('the judges', () => {
  const stone = trackOf(falling({ right: 6, up: 40 }, { drag: 0.01, wind: 0 }), { frames: 60, seed: 'stone' });
  const bag = trackOf(falling({ right: 6, up: 30 }, { drag: 0.8, wind: 1 }), { frames: 120, seed: 'bag' });

  test('a stone and a bag out of windows are falls', () => {
    expect(confidenceOf(stone)).toBeGreaterThan(0.7);
    expect(confidenceOf(bag)).toBeGreaterThan(0.5);
  });

  test('what crosses, what the verifier hardly believes and what comes in a crowd of its like are less', () => {
    const crossing = trackOf(gliding({ right: -10, up: 30 }, { right: 14, up: -9 }), { frames: 50, seed: 'crossing' });
    const doubtful = trackOf(falling({ right: 6, up: 40 }, { drag: 0.01, wind: 0 }), {
      frames: 60,
      seed: 'stone',
      sure: 0.3,
    });
    expect(confidenceOf(crossing)).toBeLessThan(confidenceOf(bag));
    expect(confidenceOf(doubtful)).toBeLessThan(confidenceOf(stone));
    const storm: Around = {
      ...ALONE,
      crowd: () => ({ company: 20, alike: 12 }),
      clutter: () => ({ sightings: 25, likely: 15, activeShare: 0.03, comingBack: 2 }),
    };
    expect(confidenceOf(bag, storm)).toBeLessThan(confidenceOf(bag));
    expect(confidenceOf(bag, { ...ALONE, nuisance: () => 1 })).toBeLessThan(confidenceOf(bag));
  });

  test('two floors are drop enough, where they are less than the share that other cameras ask for', () => {
    const hits = stone.hits.filter((hit) => hit.y - (stone.hits[0]?.y ?? 0) < 0.14 * PICTURE.height);
    const track = { id: 1, hits, frames: hits.length };
    expect(judge(track, { ...PICTURE, judge: judges.uncalibrated, around: ALONE })).toEqual({
      accepted: false,
      reason: 'short-drop',
    });
    const judgement = judge(track, { ...PICTURE, facade, judge: judges.calibrated, around: ALONE });
    expect(judgement).not.toMatchObject({ reason: 'short-drop' });
  });

  test('without a calibration rules and trees must both be convinced', () => {
    const of = (judge: Judge) => ({ ...PICTURE, judge, around: ALONE });
    expect(judge(stone, of(judges.uncalibrated))).toMatchObject({ accepted: true });
    const doubting = { ...BELIEVING, trees: [{ ...BELIEVING.trees[0], value: [-100] }] } as Judge;
    expect(judge(stone, of(doubting))).toEqual({ accepted: false, reason: 'unlikely' });
    const upwards = trackOf(gliding({ right: 6, up: 10 }, { right: 0, up: 9 }), { frames: 60, seed: 'upwards' });
    expect(judge(upwards, of(BELIEVING))).toEqual({ accepted: false, reason: 'short-drop' });
  });

  test('every number that the trees and nets ask for is measured, and is one whatever the track', () => {
    const spot = fc.record({
      x: fc.double({ min: -50, max: 2000, noNaN: true }),
      y: fc.double({ min: -50, max: 1200, noNaN: true }),
      vx: fc.double({ min: -80, max: 80, noNaN: true }),
      vy: fc.double({ min: -80, max: 80, noNaN: true }),
      sizePx: fc.double({ min: 0, max: 90, noNaN: true }),
      contrast: fc.double({ min: -255, max: 255, noNaN: true }),
      behind: fc.double({ min: 0, max: 255, noNaN: true }),
      probabilities: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
    });
    // It begins to move by less than any sensor tells, and then rises by more.
    const hovering = [0, 0, 1e-323, 0, 0, 2e-15, 0, 0].map((y) => ({
      ...{ x: 0, y, vx: 0, vy: 0, sizePx: 0, contrast: 0, behind: 0 },
      probabilities: [0, 0, 0, 0, 0, 0],
    }));
    fc.assert(
      fc.property(fc.array(spot, { minLength: 6, maxLength: 80 }), fc.integer({ min: 1, max: 60 }), (spots, stepMs) => {
        const hits = spots.map((it, place): Hit => ({ ...it, atMs: place * stepMs }));
        const around = { life: ALONE.life(), crowd: ALONE.crowd(), clutter: ALONE.clutter() };
        for (const [known, judge] of [
          [{ facade }, judges.calibrated],
          [{}, judges.uncalibrated],
        ] as const) {
          const features = featuresOf({ id: 1, hits, frames: hits.length }, { ...PICTURE, ...known, ...around });
          for (const name of judge.features) expect(Number.isFinite(features[name]), name).toBe(true);
          expect(Object.keys(features).sort()).toEqual([...judge.features].sort());
          const sequence = sequenceOf({ id: 1, hits, frames: hits.length }, { ...PICTURE, ...known, ...around });
          expect(Object.keys(sequence).sort()).toEqual([...(judge.nets?.columns ?? [])].sort());
          for (const value of Object.values(sequence).flat()) expect(Math.abs(value)).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 200, examples: [[hovering, 1]] },
    );
  });
});

test('trees add what their leaves say', () => {
  const tree = {
    feature: [1, -1, 0, -1, -1],
    threshold: [5, 0, 2, 0, 0],
    left: [1, 0, 3, 0, 0],
    right: [2, 0, 4, 0, 0],
    value: [0, 10, 0, 20, 30],
  };
  expect(sumOfTrees([tree], [0, 5])).toBe(10);
  expect(sumOfTrees([tree], [2, 5.1])).toBe(20);
  expect(sumOfTrees([tree, tree], [2.1, 6])).toBe(60);
});

describe('a net', () => {
  const curves = [
    { values: [0, 1, 3], scores: [-1, 0, 2] },
    { values: [5], scores: [0.5] },
  ];
  const sumOf = (values: number[], ...plain: Layer[][]) =>
    sumOfNets({ curves, plain, columns: [], along: [] }, values, {});
  const linear: Layer = { weights: [[1, 10]], bias: [100] };
  const silu = (value: number) => value / (1 + Math.exp(-value));

  test('reads scores off its curves, in a line between knots and held at their ends', () => {
    expect(sumOf([0, 5], [linear])).toBe(104);
    expect(sumOf([0.5, 5], [linear])).toBe(104.5);
    expect(sumOf([2, 5], [linear])).toBe(106);
    expect(sumOf([-1e9, 1e9], [linear])).toBe(104);
    expect(sumOf([1e9, -1e9], [linear])).toBe(107);
  });

  test('bends what its layers hand on and adds its last as it is, as all nets together do', () => {
    const bent: Layer = {
      weights: [
        [1, 0],
        [0, -2],
      ],
      bias: [0, 0],
    };
    const expected = silu(2) + 10 * silu(-1) + 100;
    expect(sumOf([3, 5], [bent, linear])).toBeCloseTo(expected, 12);
    expect(sumOf([3, 5], [bent, linear], [linear])).toBeCloseTo(expected + 107, 12);
  });

  test('along a track sees what comes before what, with nothing beyond its ends, on average and at most', () => {
    // Of each sighting twice the one before it, and ten times its own second column.
    const before: Layer = { weights: [[2, 0, 0, 10, 0, 0]], bias: [0] };
    const sumAlong = (layers: Layer[], sequence: Record<string, number[]>) => {
      const net: AlongNet = { convolutions: [before], layers };
      return sumOfNets({ curves, plain: [], columns: ['a', 'b'], along: [net] }, [3, 5], sequence);
    };
    const scoresOnly: Layer = { weights: [[1, 10, 0, 0]], bias: [100] };
    const mean: Layer = { weights: [[0, 0, 1, 0]], bias: [0] };
    const most: Layer = { weights: [[0, 0, 0, 1]], bias: [0] };
    const rising = { a: [1, 2, 3], b: [0, 0, 1], notAsked: [9, 9, 9] };
    expect(sumAlong([scoresOnly], rising)).toBe(107);
    expect(sumAlong([mean], rising)).toBeCloseTo((silu(0) + silu(2) + silu(14)) / 3, 12);
    expect(sumAlong([most], rising)).toBeCloseTo(silu(14), 12);
    const turned = { a: [3, 2, 1], b: [1, 0, 0] };
    expect(sumAlong([most], turned)).toBeCloseTo(silu(10), 12);
  });
});

describe('a sequence', () => {
  const scene = { ...PICTURE, life: ALONE.life(), crowd: ALONE.crowd(), clutter: ALONE.clutter() };
  const track: Track = {
    id: 1,
    frames: 60,
    hits: Array.from({ length: 60 }, (_, place) =>
      toHit(sighting(500 + 2 * place, 100 + 5 * place, { vx: 2, vy: 5, thrown: 0.9 }), place * FRAME_MS),
    ),
  };
  const hitAt = (place: number) => toHit(sighting(500 + 2 * place, 100 + 5 * place, { thrown: 0.1 }), place * FRAME_MS);

  test('has a number for each sighting of a long track, what was seen before it first and what came after it last', () => {
    const life = { before: [hitAt(-1), hitAt(-2)], after: [hitAt(60)] };
    const sequence = sequenceOf(track, { ...scene, life });
    expect(sequence.isOwn).toEqual([0, 0, ...Array.from({ length: 48 }, () => 1), 0]);
    expect(sequence.seconds?.slice(0, 3).map((value) => Math.round(value * 3000))).toEqual([-80, -40, 0]);
    expect(sequence.thrown?.[1]).toBeLessThan(sequence.thrown?.[2] ?? 0);
    expect(sequence.seconds?.at(-1)).toBeCloseTo((60 * FRAME_MS) / 3000);
    for (const values of Object.values(sequence)) expect(values).toHaveLength(51);
  });

  test('tells speeds in half picture heights a second, and in metres only where a facade is known', () => {
    const sequence = sequenceOf(track, scene);
    const perSecond = 1000 / FRAME_MS;
    expect(sequence.speedRight?.[20]).toBeCloseTo((2 * 2 * perSecond) / PICTURE.height);
    expect(sequence.speedDown?.[20]).toBeCloseTo((2 * 5 * perSecond) / PICTURE.height);
    expect(sequence.errorDown?.[20]).toBeCloseTo(0);
    expect(Object.keys(sequence).filter((name) => name.startsWith('metres'))).toEqual([]);
    const known = sequenceOf(track, { ...scene, facade });
    const [first, last] = [track.hits[0] as Hit, track.hits.at(-1) as Hit];
    const fallen = facade.toMetres(first.x, first.y).up - facade.toMetres(last.x, last.y).up;
    expect(known.metresDown?.at(-1)).toBeCloseTo(fallen / 15);
  });

  test('of a mirrored picture differs only in what leads to a side, as training takes for granted', () => {
    const mirrored = track.hits.map((hit) => ({ ...hit, x: PICTURE.width - hit.x, vx: -hit.vx }));
    const there = sequenceOf({ ...track, hits: mirrored }, scene);
    for (const [name, values] of Object.entries(sequenceOf(track, scene))) {
      const sign = name.endsWith('Right') || name === 'right' ? -1 : 1;
      for (const [place, value] of values.entries()) expect(there[name]?.[place], name).toBeCloseTo(sign * value, 9);
    }
  });
});

describe('surroundings', () => {
  const dropAt = (x: number, from: number): Track => ({
    id: x,
    frames: 30,
    hits: Array.from({ length: 30 }, (_, place) =>
      toHit(sighting(x, 20 + 10 * place, { vy: 10, thrown: 0.9 }), (from + place) * FRAME_MS),
    ),
  });

  test('tell drops of one shower from things of other speeds and ways', () => {
    const around = createSurroundings(PICTURE, createHistory(PICTURE));
    const track = dropAt(900, 0);
    const aslant: Track = {
      ...dropAt(100, 0),
      hits: dropAt(100, 0).hits.map((hit, place) => ({ ...hit, x: 100 + 8 * place })),
    };
    const fast: Track = {
      ...dropAt(500, 0),
      hits: dropAt(500, 0).hits.map((hit, place) => ({ ...hit, y: 20 + 30 * place })),
    };
    for (const other of [track, dropAt(100, 5), aslant, fast]) around.add(other);
    expect(around.crowdOf(track, [])).toEqual({ company: 2, alike: 1 });
    around.forget(70_000);
    expect(around.crowdOf(track, [])).toEqual({ company: 0, alike: 0 });
  });

  test('count what else was seen, and what comes back to the same places', () => {
    const history = createHistory(PICTURE);
    const around = createSurroundings(PICTURE, history);
    // A leaf in the wind at one place, a thing that falls elsewhere in the last second.
    for (let frame = 0; frame < 250; frame++) {
      const seen = [
        sighting(300 + (frame % 3), 400, { vy: 10, thrown: 0.3 }),
        sighting(1_500, 100, { vy: 10, thrown: 0.05 }),
      ];
      if (frame >= 220) seen.push(sighting(900, 20 + 10 * (frame - 220), { vy: 10, thrown: 0.9 }));
      history.see(seen, { atMs: frame * FRAME_MS, activeShare: 0.01 });
    }
    const fall = around.clutterOf(dropAt(900, 220));
    expect(fall.comingBack).toBe(0);
    expect(fall.likely).toBeCloseTo(1, 1);
    expect(fall.sightings).toBeCloseTo(2.1, 1);
    expect(fall.activeShare).toBeCloseTo(0.01);
    const leaf: Track = {
      id: 2,
      frames: 10,
      hits: Array.from({ length: 10 }, (_, place) =>
        toHit(sighting(300, 400, { vy: 10, thrown: 0.3 }), (240 + place) * FRAME_MS),
      ),
    };
    expect(around.clutterOf(leaf).comingBack).toBeGreaterThan(1);
  });
});
