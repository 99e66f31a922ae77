/**
 * How often a camera sees what is nearly a fall and is none. Where leaves sink or moths fly, more will
 * come: what falls there must be surer by the logarithm of how many there were, as a prior asks for. So
 * a camera keeps its false alarms rare by itself, and one that sees nothing of the kind misses nothing.
 */
import { endMs } from './measure.ts';
import type { Hit, Track } from './tracker.ts';

export interface Nuisance {
  /** Takes a track that has ended and was told as no fall; `margin` is how far above the bound its sum of trees was. */
  add(track: Track, margin: number): void;
  /** By how much the sum of trees must be higher for this track, at its end. */
  costOf(track: Track): number;
  /** The same for a thing that falls at `atMs`. */
  costAt(atMs: number): number;
}

/** What is kept of a track: where it was in its middle, and when it ended. */
interface Seen {
  middle: Hit;
  endMs: number;
  weight: number;
}

/** What is so long past weighs a third (1/e) of what has just been. */
const MEMORY_MS = 600_000;
/** Of a track that all but reached the bound one counts; of others as many fewer as they are less likely. */
const MARGIN_MIN = -4.6;
/** So many of them double what is asked of the next. */
const UNIT = 0.1;
/** A thing that is twenty times likelier than what is usually told is told wherever it falls. */
const COST_MAX = 3;
const SEEN_MAX = 256;
/** Two tracks are of one thing when one was so near to where the other was in its middle; its own pieces speak against nothing. */
const SAME_MS = 300;
const SAME_SHARE = 0.1;

export function createNuisance(picture: { height: number }): Nuisance {
  let seen: Seen[] = [];

  const isOf = ({ hits }: Track, { middle }: Seen): boolean =>
    hits.some(
      ({ atMs, x, y }) =>
        Math.abs(atMs - middle.atMs) <= SAME_MS &&
        Math.hypot(x - middle.x, y - middle.y) <= SAME_SHARE * picture.height,
    );

  return {
    add(track, margin) {
      const middle = track.hits[track.hits.length >> 1];
      if (margin < MARGIN_MIN || !middle) return;
      const known = seen.find((one) => isOf(track, one));
      const weight = Math.max(known?.weight ?? 0, Math.exp(Math.min(0, margin)));
      seen = [...seen.filter((one) => one !== known), { middle, endMs: endMs(track), weight }].slice(-SEEN_MAX);
    },

    costOf: (track) =>
      costOf(
        seen.filter((one) => !isOf(track, one)),
        endMs(track),
      ),

    costAt: (atMs) => costOf(seen, atMs),
  };
}

function costOf(seen: readonly Seen[], atMs: number): number {
  const before = seen.filter((one) => one.endMs <= atMs);
  const load = before.reduce((sum, one) => sum + one.weight * Math.exp((one.endMs - atMs) / MEMORY_MS), 0);
  return Math.min(COST_MAX, Math.log1p(load / UNIT));
}
