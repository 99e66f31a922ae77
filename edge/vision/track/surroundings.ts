/**
 * What else moved where and when a track did. Flocks, leaves, traffic and flakes come in numbers, trees
 * and flicker come back to the same places; a thing that somebody threw does neither.
 */
import type { History, SeenFrame } from './history.ts';
import { mirrors } from './image.ts';
import { endMs, roughness, wayPx } from './measure.ts';
import { continues } from './merge.ts';
import type { Track } from './tracker.ts';

/** Other things that move on smoothly, beside the track and in part in the minute before it. */
export interface Crowd {
  /** Those of a like speed. */
  company: number;
  /** Those of the same speed and the same way: drops of one shower. */
  alike: number;
}

/** How lively the picture was. */
export interface Clutter {
  /** Sightings a frame in the ten seconds before the track and during it. */
  sightings: number;
  /** Those that may be a thrown object, the track's own left out. */
  likely: number;
  /** Share of the gate's cells in which something moved. */
  activeShare: number;
  /** Sightings a second near the places of the track in the 20 s before it. */
  comingBack: number;
}

export interface Surroundings {
  /** To be told of each track that has ended. */
  add(track: Track): void;
  /** Forgets what is too old to be anybody's company. */
  forget(atMs: number): void;
  crowdOf(track: Track, live: readonly Track[]): Crowd;
  clutterOf(track: Track): Clutter;
}

/** Movers that ended so long before a track began still count as beside it … */
const COMPANY_MS = 1_000;
/** … and for so long afterwards in part: where leaves sink or birds fly, more will come. */
const COMPANY_MEMORY_MS = 60_000;
const COMPANY_PAST_WEIGHT = 0.3;
const MOVERS_MAX = 256;
const MOVER_HITS_MIN = 6;
const MOVER_HIT_SHARE = 0.6;
const MOVER_WAY_SHARE = 0.08;
const LIKE_SPEED_RATIO = 2;
/** Drops of one shower differ by less than this share of their speed. */
const SAME_MOTION_SHARE = 0.1;
const CLUTTER_MS = 10_000;
/** What is near in time belongs to the thing itself. */
const BEFORE_MS = 500;
const BACK_MS = 20_000;
/** More at one place is no more. */
const BACK_MAX = 20;
/** Less history than this says little. */
const SECONDS_MIN = 1;

export function createSurroundings(picture: { width: number; height: number }, history: History): Surroundings {
  let movers: Track[] = [];
  const seen = new Uint16Array(history.places);

  return {
    add(track) {
      if (isMover(track, picture)) movers = [...movers, track].slice(-MOVERS_MAX);
    },

    forget(atMs) {
      movers = movers.filter((mover) => atMs - endMs(mover) < COMPANY_MEMORY_MS);
    },

    crowdOf(track, live) {
      const from = (track.hits[0]?.atMs ?? 0) - COMPANY_MS;
      const motion = motionOf(track);
      const crowd = { company: 0, alike: 0 };
      for (const other of [...live.filter((one) => endMs(one) >= from), ...movers]) {
        const otherMotion = motionOf(other);
        const ratio = speedOf(otherMotion) / Math.max(1e-6, speedOf(motion));
        if (ratio <= 1 / LIKE_SPEED_RATIO || ratio >= LIKE_SPEED_RATIO) continue;
        // Itself, its pieces and mirror images are no company.
        if (mirrors(track, other, picture) || continues(other, track, picture)) continue;
        if (!movers.includes(other) && !isMover(other, picture)) continue;
        const weight = endMs(other) >= from ? 1 : COMPANY_PAST_WEIGHT;
        crowd.company += weight;
        const apart = Math.hypot(otherMotion.x - motion.x, otherMotion.y - motion.y);
        if (apart < SAME_MOTION_SHARE * speedOf(motion)) crowd.alike += weight;
      }
      return crowd;
    },

    clutterOf(track) {
      const { frames } = history;
      const startMs = track.hits[0]?.atMs ?? 0;
      let sightings = 0;
      let likely = 0;
      let active = 0;
      const from = history.indexFrom(startMs - CLUTTER_MS);
      for (let index = from; index < frames.length; index++) {
        const frame = frames[index] as SeenFrame;
        sightings += frame.hits.length;
        likely += frame.likely.length;
        active += frame.activeShare;
      }
      const count = Math.max(1, frames.length - from);
      return {
        sightings: sightings / count,
        likely: Math.max(0, likely - track.hits.length) / count,
        activeShare: active / count,
        comingBack: comingBack(track, startMs),
      };
    },
  };

  function comingBack(track: Track, startMs: number): number {
    const { frames, placesInRow } = history;
    const from = history.indexFrom(startMs - BACK_MS);
    const to = history.indexFrom(startMs - BEFORE_MS);
    seen.fill(0);
    for (let index = from; index < to; index++)
      for (const place of (frames[index] as SeenFrame).places) seen[place] = (seen[place] as number) + 1;
    let sum = 0;
    for (const hit of track.hits) {
      const place = history.placeAt(hit.x, hit.y);
      let near = 0;
      for (const row of [-placesInRow, 0, placesInRow])
        for (const column of [-1, 0, 1]) near += seen[place + row + column] as number;
      sum += Math.min(BACK_MAX, near);
    }
    const seconds = to > from ? (startMs - BEFORE_MS - (frames[from] as SeenFrame).atMs) / 1000 : 0;
    return sum / Math.max(1, track.hits.length) / Math.max(SECONDS_MIN, seconds);
  }
}

/** True for a track that moves on smoothly and surely, whatever it is: what a crowd is made of. */
function isMover(track: Track, picture: { height: number }): boolean {
  return (
    track.hits.length >= MOVER_HITS_MIN &&
    track.hits.length >= track.frames * MOVER_HIT_SHARE &&
    wayPx(track.hits) >= picture.height * MOVER_WAY_SHARE &&
    roughness(track) <= 1
  );
}

/** Pixels a millisecond, straight from the first hit to the last. */
function motionOf({ hits }: Track): { x: number; y: number } {
  const first = hits[0];
  const last = hits.at(-1);
  if (!first || !last || last.atMs <= first.atMs) return { x: 0, y: 0 };
  const spanMs = last.atMs - first.atMs;
  return { x: (last.x - first.x) / spanMs, y: (last.y - first.y) / spanMs };
}

function speedOf({ x, y }: { x: number; y: number }): number {
  return Math.hypot(x, y);
}
