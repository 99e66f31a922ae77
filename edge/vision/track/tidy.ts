/**
 * Cuts from a track what does not lie on its path: a first hit on the thrower's hand, a last one on
 * the tree behind which the object vanished. Without it one stray hit at an end turns the fit.
 */
import { fitPolynomial, polynomialAt } from './fit.ts';
import type { Hit, Track } from './tracker.ts';

const HITS_MIN = 6;
/** An end is a stray when it lies this many times farther off than the rest does. */
const STRAY_RATIO = 3;
const STRAY_PX_MIN = 4;
/** At most this share of a track may be cut: what needs more is no path. */
const CUT_SHARE_MAX = 0.12;
const CUT_HITS_MIN = 3;
const BLOCKS = [1, 2, 3] as const;
const NEAR_HITS = 13;

export function tidy(track: Track): Track {
  let hits = track.hits;
  const fewest = Math.max(
    HITS_MIN,
    track.hits.length - Math.max(CUT_HITS_MIN, Math.floor(track.hits.length * CUT_SHARE_MAX)),
  );
  for (let end = worseEnd(hits); end && hits.length > fewest; end = worseEnd(hits))
    hits = end === 'first' ? hits.slice(1) : hits.slice(0, -1);
  if (hits.length === track.hits.length) return track;
  const span = (list: readonly Hit[]) => (list.at(-1)?.atMs ?? 0) - (list[0]?.atMs ?? 0);
  const share = span(hits) / Math.max(1, span(track.hits));
  return { id: track.id, hits, frames: Math.max(hits.length, Math.round(track.frames * share)) };
}

/** The end whose hit lies off the curve through all others, the worse one first. */
function worseEnd(hits: readonly Hit[]): 'first' | 'last' | undefined {
  if (hits.length <= HITS_MIN) return undefined;
  const first = Math.max(...BLOCKS.map((block) => strayness(hits, { end: 'first', block })));
  const last = Math.max(...BLOCKS.map((block) => strayness(hits, { end: 'last', block })));
  if (Math.max(first, last) < 1) return undefined;
  return first > last ? 'first' : 'last';
}

/**
 * Distance of the outermost hit from the curve through the others, over what is allowed: 1 and more
 * is a stray. The outermost `block` hits do not shape the curve, since strays come in twos and threes.
 */
function strayness(hits: readonly Hit[], of: { end: 'first' | 'last'; block: number }): number {
  const tested = of.end === 'first' ? hits[0] : hits.at(-1);
  if (!tested || hits.length - of.block < HITS_MIN - 1) return 0;
  // The near part of the track only: a cubic through six seconds of perspective bends at its ends.
  const near =
    of.end === 'first' ? hits.slice(of.block, of.block + NEAR_HITS) : hits.slice(-NEAR_HITS - of.block, -of.block);
  const start = near[0]?.atMs ?? 0;
  const times = near.map((hit) => (hit.atMs - start) / 1000);
  const time = (tested.atMs - start) / 1000;
  const off = (value: (hit: Hit) => number) => {
    const values = near.map(value);
    const curve = fitPolynomial(times, values, 2);
    if (!curve) return { stray: 0, usual: 0 };
    const errors = times.map((at, place) => polynomialAt(curve, at) - (values[place] ?? 0));
    const usual = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / Math.max(1, errors.length - 3));
    return { stray: polynomialAt(curve, time) - value(tested), usual };
  };
  const x = off((hit) => hit.x);
  const y = off((hit) => hit.y);
  // A curve carried on beyond its points grows unsure with the gap and with the speed.
  const gap = Math.abs(time - (of.end === 'first' ? (times[0] ?? 0) : (times.at(-1) ?? 0)));
  const speed = Math.abs((near.at(-1)?.y ?? 0) - (near[0]?.y ?? 0)) / Math.max(0.04, times.at(-1) ?? 0);
  const allowed =
    Math.max(STRAY_PX_MIN + 0.3 * tested.sizePx, STRAY_RATIO * Math.hypot(x.usual, y.usual)) + speed * gap * 0.25;
  return Math.hypot(x.stray, y.stray) / allowed;
}
