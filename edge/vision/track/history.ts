/**
 * What the verifier saw in the last seconds, frame by frame: in it the path of an object is looked for,
 * what came before and after it, and what else moved beside it.
 */

import type { Sighting } from '../look/verify.ts';
import { CARRY_ON_FROM, type Hit, toHit } from './tracker.ts';

export interface SeenFrame {
  atMs: number;
  /** All sightings, whatever they look like. */
  hits: readonly Hit[];
  /** Those of them that may be a thrown object. */
  likely: readonly Hit[];
  /** Share of the gate's cells in which something moved. */
  activeShare: number;
  /** Of each of `hits` the place it lies in, numbered from 0 to `places`. */
  places: Int32Array;
}

export interface History {
  /** How many places, squares of the picture and a little beyond it, there are, and how many in a row. */
  readonly places: number;
  readonly placesInRow: number;
  /** Of any point; never one of the outermost places, so that each has eight neighbours. */
  placeAt(x: number, y: number): number;
  /** `atMs` must rise. */
  see(sightings: readonly Sighting[], frame: { atMs: number; activeShare: number }): void;
  /** Oldest first: at least the last 20 s, at most twice as much. */
  readonly frames: readonly SeenFrame[];
  /** Index in `frames` of the frame of that time; -1 when it is not kept. */
  indexOf(atMs: number | undefined): number;
  /** Index of the first frame that is not older. */
  indexFrom(atMs: number): number;
}

/** Frames older than this are forgotten. */
const MEMORY_MS = 20_000;
/** Of a place, in pixels, and how many lie beyond each edge of the picture. */
const PLACE_PX = 10;
const PLACES_BEYOND = 8;

export function createHistory(picture: { width: number; height: number }): History {
  let frames: SeenFrame[] = [];
  const columns = Math.ceil(picture.width / PLACE_PX) + 2 * PLACES_BEYOND;
  const rows = Math.ceil(picture.height / PLACE_PX) + 2 * PLACES_BEYOND;
  const within = (px: number, most: number) =>
    Math.min(most - 2, Math.max(1, Math.floor(px / PLACE_PX) + PLACES_BEYOND));
  const placeAt = (x: number, y: number) => within(y, rows) * columns + within(x, columns);

  const indexFrom = (atMs: number): number => {
    let low = 0;
    let high = frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((frames[middle] as SeenFrame).atMs < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    places: columns * rows,
    placesInRow: columns,
    placeAt,
    see(sightings, { atMs, activeShare }) {
      const hits = sightings.map((it) => toHit(it, atMs));
      const likely = hits.filter((hit) => (hit.probabilities[0] ?? 0) >= CARRY_ON_FROM);
      const places = Int32Array.from(hits, ({ x, y }) => placeAt(x, y));
      frames.push({ atMs, hits, likely, activeShare, places });
      const oldest = frames[0]?.atMs ?? atMs;
      // Not for every frame: what is to be forgotten is cut off in one go.
      if (atMs - oldest > 2 * MEMORY_MS) frames = frames.filter((frame) => atMs - frame.atMs <= MEMORY_MS);
    },
    get frames() {
      return frames;
    },
    indexOf(atMs) {
      if (atMs === undefined) return -1;
      const index = indexFrom(atMs);
      return frames[index]?.atMs === atMs ? index : -1;
    },
    indexFrom,
  };
}
