/**
 * How often a camera sees what is nearly a fall and is none. Where leaves sink or moths fly, more will
 * come: what falls there must be surer by the logarithm of how many there were, as a prior asks for. So
 * a camera keeps its false alarms rare by itself, and one that sees nothing of the kind misses nothing.
 */
import type { NuisanceWeights } from '../../../models/run.ts';
import { endMs } from '../track/measure.ts';
import type { Hit, Track } from '../track/tracker.ts';

export interface Nuisance {
  /** Takes a track that has ended and was told as no fall; `margin` is how far above the bound the judge's sum was. */
  add(track: Track, margin: number): void;
  /** Takes a track that was told as a fall: it counts nothing unless somebody says that it was none. */
  tell(track: Track): void;
  /** Somebody has looked at what was told. */
  judge(verdict: Verdict): void;
  /** By how much the judge's sum must be higher for this track, at its end. */
  costOf(track: Track): number;
  /** The same for a thing that falls at `atMs`. */
  costAt(atMs: number): number;
}

/** What a guard says of all falls of a camera that ended in a span of time, epoch ms. */
export interface Verdict {
  fromAt: number;
  toAt: number;
  isFalse: boolean;
}

/** What is kept of a track: where it was in its middle, and when it ended. */
interface Seen {
  middle: Hit;
  endMs: number;
  /** One that all but reached the bound counts 1, as one that was told and was none; others as much less as they are less likely. */
  weight: number;
}

const SEEN_MAX = 256;

export function createNuisance(picture: { height: number }, weights: NuisanceWeights): Nuisance {
  let seen: Seen[] = [];
  let told: Seen[] = [];

  const isOf = ({ hits }: Track, { middle }: Seen): boolean =>
    hits.some(
      ({ atMs, x, y }) =>
        Math.abs(atMs - middle.atMs) <= weights.sameMs &&
        Math.hypot(x - middle.x, y - middle.y) <= weights.sameShare * picture.height,
    );

  const costOf = (counted: readonly Seen[], atMs: number): number => {
    const before = counted.filter((one) => one.endMs <= atMs);
    const load = before.reduce((sum, one) => sum + one.weight * Math.exp((one.endMs - atMs) / weights.memoryMs), 0);
    return Math.min(weights.costMax, Math.log1p(load / weights.unit));
  };

  return {
    add(track, margin) {
      const middle = track.hits[track.hits.length >> 1];
      if (margin < weights.marginMin || !middle) return;
      const known = seen.find((one) => isOf(track, one));
      const weight = Math.max(known?.weight ?? 0, Math.exp(Math.min(0, margin)));
      seen = [...seen.filter((one) => one !== known), { middle, endMs: endMs(track), weight }].slice(-SEEN_MAX);
    },

    tell(track) {
      const middle = track.hits[track.hits.length >> 1];
      if (middle) told = [...told, { middle, endMs: endMs(track), weight: 0 }].slice(-SEEN_MAX);
    },

    judge({ fromAt, toAt, isFalse }) {
      const isMeant = (one: Seen) => one.endMs >= fromAt && one.endMs <= toAt;
      told = told.map((one) => (isMeant(one) ? { ...one, weight: isFalse ? 1 : 0 } : one));
    },

    costOf: (track) =>
      costOf(
        [...seen, ...told].filter((one) => !isOf(track, one)),
        endMs(track),
      ),

    costAt: (atMs) => costOf([...seen, ...told], atMs),
  };
}
