/**
 * Whether two tracks are pieces of one fall: a balcony or a tree may hide an object for a moment, and two
 * tracks may follow one object at once.
 */
import { endMs, positionAt } from './measure.ts';
import type { Track } from './tracker.ts';

export interface Fall {
  confidence: number;
  track: Track;
}

/** Pieces of one fall lie at most this far apart in time. */
const GAP_MS_MAX = 1500;
/** Of the sights of the shorter of two tracks: with fewer in common they only crossed. */
const SHARED_MIN = 0.3;

/** True when the later track is the earlier one again after it was hidden. */
export function continues(earlier: Track, later: Track, picture: { width: number; height: number }): boolean {
  const end = earlier.hits.at(-1);
  const before = earlier.hits.at(-Math.min(6, earlier.hits.length));
  const start = later.hits[0];
  if (!end || !before || !start) return false;
  const gapMs = start.atMs - end.atMs;
  if (gapMs <= -200 || gapMs > GAP_MS_MAX || start.y < end.y - 10) return false;
  const spanMs = Math.max(1, end.atMs - before.atMs);
  const x = end.x + ((end.x - before.x) / spanMs) * gapMs;
  const y = end.y + ((end.y - before.y) / spanMs) * gapMs;
  const seconds = gapMs / 1000;
  // An object that falls freely runs ahead of a constant speed by half of gravity times time squared.
  const reachY = 0.04 * picture.height + 0.6 * picture.height * seconds ** 2 + (Math.abs(y - end.y) || 0) * 0.5;
  const reachX = 0.03 * picture.width + Math.abs(x - end.x) * 0.5 + 0.05 * picture.width * seconds;
  return Math.abs(start.x - x) <= reachX && Math.abs(start.y - y) <= reachY;
}

/** How far apart, in shares of the picture, two tracks of one thing are, of which one is a frame behind. */
const BEHIND = { beside: 0.03, apart: 0.06 };

/** True when the later track began beside the earlier one and went on when that had ended: one thing that both followed. */
export function outlives(earlier: Track, later: Track, picture: { width: number; height: number }): boolean {
  const [began, end, start] = [earlier.hits[0], earlier.hits.at(-1), later.hits[0]];
  if (!began || !end || !start) return false;
  if (start.atMs <= began.atMs || start.atMs > end.atMs || endMs(later) <= end.atMs) return false;
  return [start.atMs, end.atMs].every((atMs) => {
    const [a, b] = [positionAt(earlier, atMs), positionAt(later, atMs)];
    return Math.abs(a.x - b.x) <= BEHIND.beside * picture.width && Math.abs(a.y - b.y) <= BEHIND.apart * picture.height;
  });
}

/** True when the two together are one way: `join` makes it. */
export function goesOn(earlier: Track, later: Track, picture: { width: number; height: number }): boolean {
  return continues(earlier, later, picture) || outlives(earlier, later, picture);
}

/** True when a good part of the shorter track is the same sights: one thing, that two tracks lost at different moments. */
export function shares(one: Track, other: Track): boolean {
  const seen = new Map(one.hits.map((hit) => [hit.atMs, hit]));
  const same = other.hits.filter(({ atMs, x, y }) => {
    const hit = seen.get(atMs);
    return hit !== undefined && hit.x === x && hit.y === y;
  });
  return same.length >= SHARED_MIN * Math.min(one.hits.length, other.hits.length);
}

export function join(earlier: Track, later: Track): Track {
  const rest = later.hits.filter((hit) => hit.atMs > endMs(earlier));
  return { id: earlier.id, hits: [...earlier.hits, ...rest], frames: earlier.frames + later.frames };
}
