/**
 * Whether two tracks are one object and its mirror image. Glass shows an object as far behind the facade as it
 * is before it, so the two fall side by side at one time. So do two things that are thrown together: where the
 * facade is calibrated they are told apart, because an object and its image lie on one line at right angles to it.
 */
import type { FacadeMap } from '../../../core/facade.ts';
import { endMs, median, positionAt } from './measure.ts';
import type { Track } from './tracker.ts';

export interface Picture {
  width: number;
  height: number;
  /** Of a calibrated camera. */
  facade?: FacadeMap | undefined;
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

/** In shares of the picture's height. */
const ONE_THING = {
  /** Closer they are one thing that was seen twice. */
  close: 0.04,
  /** An image is at most so far beside the line for a fifth of the time: both are seen to a pixel or two, but tracks stray. */
  offLine: 0.012,
  /** One track that lags behind the other comes so close to its way … */
  offWay: 0.045,
  /** … within this time. */
  lagMs: 600,
};
const TIMES = 15;
const ON_LINE_SHARE = 0.2;

/** True when two tracks run down side by side at one time, as an object and its mirror image do. */
export function mirrors(one: Track, other: Track, picture: Picture): boolean {
  return areBeside(one, other, { picture, limits: MIRROR });
}

/** The same, and one of the two may run far ahead. */
export function runBeside(one: Track, other: Track, picture: Picture): boolean {
  return mirrors(one, other, picture) || areBeside(one, other, { picture, limits: AHEAD });
}

/** True when two tracks are one object and its mirror image, or could be and nothing tells them apart. */
export function isImage(one: Track, other: Track, picture: Picture): boolean {
  const { height, facade } = picture;
  return runBeside(one, other, picture) && !(facade && areTwo(one, other, { height, facade }));
}

function areBeside(one: Track, other: Track, { picture, limits }: { picture: Picture; limits: MirrorLimits }): boolean {
  const { fromMs, toMs } = shared(one, other);
  const shorter = Math.min(spanMs(one), spanMs(other));
  if (toMs - fromMs < shorter * 0.5 || toMs <= fromMs) return false;
  const a = [positionAt(one, fromMs), positionAt(one, toMs)] as const;
  const b = [positionAt(other, fromMs), positionAt(other, toMs)] as const;
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

/** True when two tracks that run side by side are neither an object and its image nor one thing that was followed twice. */
function areTwo(one: Track, other: Track, { height, facade }: { height: number; facade: FacadeMap }): boolean {
  const { fromMs, toMs } = shared(one, other);
  const apart: number[] = [];
  const offLine: number[] = [];
  for (let index = 0; index < TIMES; index++) {
    const atMs = fromMs + ((toMs - fromMs) * index) / (TIMES - 1);
    const [a, b] = [positionAt(one, atMs), positionAt(other, atMs)];
    const gap = { x: b.x - a.x, y: b.y - a.y };
    const way = facade.outwardAt((a.x + b.x) / 2, (a.y + b.y) / 2);
    if (!way) return false;
    apart.push(Math.hypot(gap.x, gap.y));
    offLine.push(Math.abs(gap.x * way.y - gap.y * way.x));
  }
  const onLine = offLine.filter((px) => px <= ONE_THING.offLine * height).length >= ON_LINE_SHARE * TIMES;
  if (onLine || median(apart) < ONE_THING.close * height) return false;
  const [shorter, longer] = one.hits.length < other.hits.length ? [one, other] : [other, one];
  return !lags(shorter, longer, height);
}

/** True when the one track goes the way of the other, a moment earlier or later. */
function lags(one: Track, other: Track, height: number): boolean {
  const off = one.hits.map((hit) => {
    let least = Number.POSITIVE_INFINITY;
    for (const [index, b] of other.hits.entries()) {
      if (Math.abs(b.atMs - hit.atMs) > ONE_THING.lagMs) continue;
      least = Math.min(least, distance(hit, other.hits[Math.max(0, index - 1)] ?? b, b));
    }
    return least;
  });
  return median(off) < ONE_THING.offWay * height;
}

/** Of a place from the straight way between two others. */
function distance(place: { x: number; y: number }, a: { x: number; y: number }, b: { x: number; y: number }): number {
  const way = { x: b.x - a.x, y: b.y - a.y };
  const from = { x: place.x - a.x, y: place.y - a.y };
  const square = way.x ** 2 + way.y ** 2;
  const share = square > 0 ? Math.min(1, Math.max(0, (from.x * way.x + from.y * way.y) / square)) : 0;
  return Math.hypot(from.x - way.x * share, from.y - way.y * share);
}

function shared(one: Track, other: Track): { fromMs: number; toMs: number } {
  return { fromMs: Math.max(startMs(one), startMs(other)), toMs: Math.min(endMs(one), endMs(other)) };
}

function spanMs(track: Track): number {
  return endMs(track) - startMs(track);
}

function startMs({ hits }: Track): number {
  return hits[0]?.atMs ?? 0;
}
