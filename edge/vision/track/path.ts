/**
 * The way of one object through what the verifier saw: from the surest piece of a track onwards and
 * back, as the object's own movement foretells it, over gaps where nothing was seen. A tracker must
 * decide frame by frame and is led astray by clutter; this looks back over the last seconds as a whole.
 */

import { fitPolynomial, polynomialAt } from './fit.ts';
import type { History, SeenFrame } from './history.ts';
import { logOdds } from './measure.ts';
import { centreSpread, type Hit, type Track } from './tracker.ts';

export interface PathFinder {
  /** The path that the track is part of; undefined when nothing in it moves like one object. */
  pathOf(track: Track): Track | undefined;
  /** What was seen of the thing before and after the track, whatever it looked like there. */
  lifeOf(track: Track): Life;
}

export interface Life {
  /** The nearest to the track first. */
  before: readonly Hit[];
  after: readonly Hit[];
}

/** What a hit beside an expected place gains, and of which hits of a frame. */
interface Growth {
  hitsOf(frame: SeenFrame): readonly Hit[];
  /** `off` is 0 at the expected place and 1 at the rim of the reach. */
  gain(hit: Hit, at: { off: number; missed: number; last: Hit }): number;
}

/** A hit that was added to a path, and the log-odds that it speaks for the path going on there. */
interface Grown {
  hit: Hit;
  gain: number;
}

/** Hits of the piece that a path starts from. */
const SEED_HITS = 8;
const SEED_HITS_MIN = 4;
const SEEDS_TRIED = 40;
/** A hit farther off than so many spreads counts as so far off: it spoils a seed no more than that. */
const OFF_SQUARED_MAX = 9;
/** Hits at the growing end that foretell the next one: a parabola from six on, a line before. */
const NEAR_HITS = 10;
const CURVED_FROM = 6;
const LINE_HITS = 4;
/** Without a hit for this long a path has ended. */
const GAP_MS_MAX = 700;
/** How far off a hit may lie: in usual errors, more with each frame missed, and never beyond a share of the height. */
const REACH_ERRORS = 3;
const REACH_GROWTH = 0.5;
const REACH_SHARE_MAX = 0.05;
const ERRORS_KEPT = 8;
/** What a hit gains by lying where it was expected, loses at the rim of the reach, and for each frame missed before it. */
const FIT_GAIN = 0.6;
const RIM_COST = 1.1;
const MISS_COST = 0.12;
/** A life is followed for so many hits beyond the track. */
const LIFE_HITS_MAX = 100;
/** What a doubling of the size costs a hit of a life, in reaches. */
const SIZE_COST = 0.1;

/** A path is of what may be thrown. */
const THROWN: Growth = {
  hitsOf: (frame) => frame.likely,
  gain: (hit, { off, missed }) =>
    logOdds(hit.probabilities[0] ?? 0) + FIT_GAIN - RIM_COST * off * off - MISS_COST * missed,
};
/** A life goes on with whatever is nearest and of like size. */
const WHATEVER: Growth = {
  hitsOf: (frame) => frame.hits,
  gain: (hit, { off, last }) => 1 - off - SIZE_COST * Math.abs(Math.log2((hit.sizePx + 3) / (last.sizePx + 3))),
};

export function createPathFinder(picture: { height: number }, history: History): PathFinder {
  /** Hits beyond an end of `from`, the nearest first: `way` 1 looks onwards, -1 back. */
  const grow = (from: readonly Hit[], way: 1 | -1, growth: Growth, most = Number.POSITIVE_INFINITY): Hit[] => {
    const { frames } = history;
    const near = way === 1 ? from.slice(-NEAR_HITS) : from.slice(0, NEAR_HITS).reverse();
    const grown: Grown[] = [];
    const errors: number[] = [];
    let missed = 0;
    for (let index = history.indexOf(near.at(-1)?.atMs) + way; index >= 0 && index < frames.length; index += way) {
      const frame = frames[index] as SeenFrame;
      const last = near.at(-1) as Hit;
      if (Math.abs(frame.atMs - last.atMs) > GAP_MS_MAX || grown.length >= most) break;
      const widening = 1 + REACH_GROWTH * missed;
      const usual = Math.max(centreSpread(last.sizePx), rootMeanSquare(errors.slice(-ERRORS_KEPT)));
      const reach = Math.min(REACH_ERRORS * usual * widening, REACH_SHARE_MAX * picture.height + 4);
      const expected = foretell(near, frame.atMs);
      const next = likeliest(growth, frame, { ...expected, reach, missed, last });
      if (!next) {
        missed += 1;
        continue;
      }
      grown.push(next);
      errors.push(Math.hypot(next.hit.x - expected.x, next.hit.y - expected.y) / widening);
      near.push(next.hit);
      if (near.length > NEAR_HITS) near.shift();
      missed = 0;
    }
    return surest(grown);
  };

  return {
    pathOf(track) {
      const seed = seedOf(track);
      if (!seed || history.indexOf(seed[0]?.atMs) < 0) return undefined;
      const after = grow(seed, 1, THROWN);
      const before = grow([...seed, ...after], -1, THROWN).reverse();
      const hits = [...before, ...seed, ...after];
      const span = history.indexOf(hits.at(-1)?.atMs) - history.indexOf(hits[0]?.atMs);
      return { id: track.id, hits, frames: span + 1 };
    },
    lifeOf: ({ hits }) => ({
      before: grow(hits, -1, WHATEVER, LIFE_HITS_MAX),
      after: grow(hits, 1, WHATEVER, LIFE_HITS_MAX),
    }),
  };
}

/** The piece of a track that is the surest and the smoothest. */
function seedOf({ hits }: Track): Hit[] | undefined {
  const length = Math.min(SEED_HITS, hits.length);
  if (length < SEED_HITS_MIN) return undefined;
  const step = Math.max(1, Math.floor((hits.length - length) / SEEDS_TRIED));
  let best: { score: number; piece: Hit[] } | undefined;
  for (let from = 0; from + length <= hits.length; from += step) {
    const piece = hits.slice(from, from + length);
    const score = sureness(piece);
    if (score > (best?.score ?? 0)) best = { score, piece };
  }
  return best?.piece;
}

/** Log-odds of the hits, less what they lie off a common parabola. */
function sureness(piece: readonly Hit[]): number {
  const belief = piece.reduce((sum, hit) => sum + logOdds(hit.probabilities[0] ?? 0), 0);
  if (belief <= 0) return belief;
  const curve = curveThrough(piece, 2);
  return piece.reduce((sum, hit) => {
    const expected = curve(hit.atMs);
    const off = Math.hypot(hit.x - expected.x, hit.y - expected.y) / centreSpread(hit.sizePx);
    return sum - 0.5 * Math.min(OFF_SQUARED_MAX, off * off);
  }, belief);
}

/** Where the object is expected, from the last hits in the order of growing. */
function foretell(near: readonly Hit[], atMs: number): { x: number; y: number } {
  return near.length >= CURVED_FROM ? curveThrough(near, 2)(atMs) : curveThrough(near.slice(-LINE_HITS), 1)(atMs);
}

/** A line for degree 1, a parabola for 2; a point where the times settle neither. */
function curveThrough(hits: readonly Hit[], degree: 1 | 2): (atMs: number) => { x: number; y: number } {
  const origin = hits.at(-1)?.atMs ?? 0;
  const times = hits.map((hit) => (hit.atMs - origin) / 1000);
  const curve = (values: readonly number[]) => fitPolynomial(times, values, degree) ?? [values.at(-1) ?? 0];
  const x = curve(hits.map((hit) => hit.x));
  const y = curve(hits.map((hit) => hit.y));
  return (atMs) => {
    const time = (atMs - origin) / 1000;
    return { x: polynomialAt(x, time), y: polynomialAt(y, time) };
  };
}

function likeliest(
  growth: Growth,
  frame: SeenFrame,
  at: { x: number; y: number; reach: number; missed: number; last: Hit },
): Grown | undefined {
  let best: Grown | undefined;
  for (const hit of growth.hitsOf(frame)) {
    const off = Math.hypot(hit.x - at.x, hit.y - at.y) / at.reach;
    if (off > 1) continue;
    const gain = growth.gain(hit, { off, missed: at.missed, last: at.last });
    if (gain > (best?.gain ?? Number.NEGATIVE_INFINITY)) best = { hit, gain };
  }
  return best;
}

/** As far as what was gained is the most: what follows only wanders through clutter. */
function surest(grown: readonly Grown[]): Hit[] {
  let sum = 0;
  let best = 0;
  let length = 0;
  for (const [place, { gain }] of grown.entries()) {
    sum += gain;
    if (sum >= best) [best, length] = [sum, place + 1];
  }
  return grown.slice(0, length).map(({ hit }) => hit);
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length));
}
