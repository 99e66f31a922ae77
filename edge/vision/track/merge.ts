/**
 * One event per object: a reflection in glass runs beside and ahead of its object, and a balcony or
 * a tree may hide an object for a moment, which leaves two pieces of one fall.
 */
import { endMs } from './measure.ts';
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
    const [a, b] = [at(earlier, atMs), at(later, atMs)];
    return Math.abs(a.x - b.x) <= BEHIND.beside * picture.width && Math.abs(a.y - b.y) <= BEHIND.apart * picture.height;
  });
}

/** True when the two together are one way: `join` makes it. */
export function goesOn(earlier: Track, later: Track, picture: { width: number; height: number }): boolean {
  return continues(earlier, later, picture) || outlives(earlier, later, picture);
}

/** How far a mirror image may be off, in shares of the picture, and by how much faster one of the two may be. */
interface MirrorLimits {
  beside: number;
  apart: number;
  ratio: number;
}

const MIRROR: MirrorLimits = { beside: 0.2, apart: 0.3, ratio: 2.5 };
/** The faster an object falls, the farther its image runs ahead; then it must keep closer beside. */
const AHEAD: MirrorLimits = { beside: 0.08, apart: 0.6, ratio: 4 };

/** True when two tracks are one object and its mirror image: same time, same way down, side by side. */
export function mirrors(one: Track, other: Track, picture: { width: number; height: number }): boolean {
  return isImage(one, other, { picture, limits: MIRROR });
}

/** True when one of two tracks is the mirror image of the other and runs far ahead of it. */
export function runsAhead(one: Track, other: Track, picture: { width: number; height: number }): boolean {
  return isImage(one, other, { picture, limits: AHEAD });
}

function isImage(
  one: Track,
  other: Track,
  { picture, limits }: { picture: { width: number; height: number }; limits: MirrorLimits },
): boolean {
  const startMs = Math.max(one.hits[0]?.atMs ?? 0, other.hits[0]?.atMs ?? 0);
  const endMs = Math.min(one.hits.at(-1)?.atMs ?? 0, other.hits.at(-1)?.atMs ?? 0);
  const shorter = Math.min(spanMs(one), spanMs(other));
  if (endMs - startMs < shorter * 0.5 || endMs <= startMs) return false;
  const a = [at(one, startMs), at(one, endMs)] as const;
  const b = [at(other, startMs), at(other, endMs)] as const;
  const beside = Math.max(Math.abs(a[0].x - b[0].x), Math.abs(a[1].x - b[1].x));
  const apart = Math.max(Math.abs(a[0].y - b[0].y), Math.abs(a[1].y - b[1].y));
  const ratio = (b[1].y - b[0].y) / Math.max(1, a[1].y - a[0].y);
  return (
    beside < limits.beside * picture.width &&
    apart < limits.apart * picture.height &&
    ratio > 1 / limits.ratio &&
    ratio < limits.ratio
  );
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

function spanMs(track: Track): number {
  return (track.hits.at(-1)?.atMs ?? 0) - (track.hits[0]?.atMs ?? 0);
}

function at(track: Track, atMs: number): { x: number; y: number } {
  const { hits } = track;
  const after = hits.findIndex((hit) => hit.atMs >= atMs);
  const b = hits[after < 0 ? hits.length - 1 : after];
  const a = hits[Math.max(0, (after < 0 ? hits.length : after) - 1)];
  if (!a || !b || b.atMs === a.atMs) return { x: b?.x ?? 0, y: b?.y ?? 0 };
  const share = Math.min(1, Math.max(0, (atMs - a.atMs) / (b.atMs - a.atMs)));
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}

export function join(earlier: Track, later: Track): Track {
  const end = earlier.hits.at(-1)?.atMs ?? 0;
  const rest = later.hits.filter((hit) => hit.atMs > end);
  return { id: earlier.id, hits: [...earlier.hits, ...rest], frames: earlier.frames + later.frames };
}
