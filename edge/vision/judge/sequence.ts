/**
 * A track sighting by sighting, for the nets that look along it: what the verifier said, how the thing moved
 * there, and what was seen of it before and after. In: a track and what is known around it. Out: by name a
 * number for each sighting, in the order of time; all of them of the order of one.
 */

import type { FacadeMap } from '../../../core/facade.ts';
import { fitPolynomial, polynomialAt } from '../track/fit.ts';
import { thinned } from '../track/measure.ts';
import { centreSpread, type Hit, type Track } from '../track/tracker.ts';
import type { Scene } from './features.ts';

export type Sequence = Record<string, number[]>;

type Curve = (atMs: number) => { x: number; y: number };

/** Sightings of the track itself, evenly chosen, and before and after it. */
const OWN_MAX = 48;
const BEYOND_MAX = 16;
/** Nothing is farther out, so that no stray sighting carries a net away. */
const MOST = 5;
/** The verifier's classes in their order. */
const LIKENESSES = ['thrown', 'bird', 'leaf', 'rain', 'flicker', 'noise'];
const PROBABILITY_MIN = 1e-4;
const SECONDS_MIN = 0.001;

/** A sighting with its neighbours in time, and what all of the track's are measured from. */
interface Place {
  hit: Hit;
  earlier: Hit;
  later: Hit;
  /** Between the neighbours. */
  seconds: number;
  first: Hit;
  frameSeconds: number;
  isOwn: boolean;
}

export function sequenceOf(track: Track, scene: Scene): Sequence {
  const own = thinned(track.hits, OWN_MAX);
  const before = scene.life.before.slice(0, BEYOND_MAX).reverse();
  const hits = [...before, ...own, ...scene.life.after.slice(0, BEYOND_MAX)];
  const [first, last] = [own[0] as Hit, own.at(-1) as Hit];
  const frameSeconds = Math.max(SECONDS_MIN, (last.atMs - first.atMs) / 1000 / Math.max(1, track.frames - 1));
  const curve = curveThrough(own);
  const columns: Sequence = {};
  for (const [index, hit] of hits.entries()) {
    const earlier = hits[index - 1] ?? hit;
    const later = hits[index + 1] ?? hit;
    const seconds = Math.max(SECONDS_MIN, (later.atMs - earlier.atMs) / 1000);
    const isOwn = index >= before.length && index < before.length + own.length;
    const place = { hit, earlier, later, seconds, first, frameSeconds, isOwn };
    const row = {
      ...likenessOf(hit),
      ...lightOf(hit, scene),
      ...movementOf(place, scene),
      ...straysOf(place, curve),
      ...(scene.facade && metresOf(place, scene.facade)),
    };
    for (const [name, value] of Object.entries(row)) {
      columns[name] ??= [];
      columns[name].push(Math.min(MOST, Math.max(-MOST, value)));
    }
  }
  return columns;
}

function likenessOf({ probabilities }: Hit): Record<string, number> {
  const oddsOf = (probability: number) =>
    Math.log((probability + PROBABILITY_MIN) / (1 - probability + PROBABILITY_MIN)) / 3;
  return Object.fromEntries(LIKENESSES.map((name, index) => [name, oddsOf(probabilities[index] ?? 0)]));
}

function lightOf({ contrast, behind, sizePx }: Hit, { height }: Scene) {
  return {
    contrast: contrast / 40,
    behind: behind / 128 - 1,
    size: Math.log2(sizePx + 3) - 3.5,
    sizeShare: (25 * sizePx) / height,
  };
}

/** Where it is and how it moves, in half picture heights; the verifier's speeds against that, in what both may err. */
function movementOf({ hit, earlier, later, seconds, first, frameSeconds, isOwn }: Place, { width, height }: Scene) {
  const right = (later.x - earlier.x) / seconds;
  const down = (later.y - earlier.y) / seconds;
  const usualError = 1.5 + 0.25 * frameSeconds * Math.hypot(right, down);
  return {
    y: (2 * hit.y) / height - 1,
    edge: (2 * Math.min(hit.x, width - hit.x)) / width,
    errorRight: (hit.vx - right * frameSeconds) / usualError,
    errorDown: (hit.vy - down * frameSeconds) / usualError,
    speedRight: (2 * right) / height,
    speedDown: (2 * down) / height,
    right: (2 * (hit.x - first.x)) / height,
    down: (2 * (hit.y - first.y)) / height,
    seconds: (hit.atMs - first.atMs) / 3000,
    isOwn: isOwn ? 1 : 0,
  };
}

/** How far it is off a smooth way through the track, and how late after the sighting before. */
function straysOf({ hit, earlier, frameSeconds, isOwn }: Place, curve: Curve | undefined) {
  const expected = (isOwn && curve?.(hit.atMs)) || hit;
  const spread = centreSpread(hit.sizePx);
  return {
    offRight: (hit.x - expected.x) / spread,
    offDown: (hit.y - expected.y) / spread,
    gap: earlier === hit ? 0 : ((hit.atMs - earlier.atMs) / 1000 / frameSeconds - 1) / 2,
  };
}

function metresOf({ hit, earlier, later, seconds, first }: Place, facade: FacadeMap) {
  const metresAt = ({ x, y }: Hit) => facade.toMetres(x, y);
  const [at, start] = [metresAt(hit), metresAt(first)];
  const [from, to] = [metresAt(earlier), metresAt(later)];
  return {
    metresRight: (at.right - start.right) / 8,
    metresDown: (start.up - at.up) / 15,
    metresSpeedRight: (to.right - from.right) / seconds / 4,
    metresSpeedDown: (from.up - to.up) / seconds / 6,
  };
}

/** Cubic in both directions; undefined when the sightings do not settle one. */
function curveThrough(own: readonly Hit[]): Curve | undefined {
  const startMs = own[0]?.atMs ?? 0;
  const times = own.map((hit) => (hit.atMs - startMs) / 1000);
  const [x, y] = [own.map((hit) => hit.x), own.map((hit) => hit.y)].map((values) => fitPolynomial(times, values, 3));
  if (!x || !y) return undefined;
  return (atMs) => {
    const time = (atMs - startMs) / 1000;
    return { x: polynomialAt(x, time), y: polynomialAt(y, time) };
  };
}
