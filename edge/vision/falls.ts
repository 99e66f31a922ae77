/**
 * From ended tracks to falls: joins pieces, judges, keeps one event per object, and holds each
 * fall back for a moment, in which its reflection or its next piece may still arrive.
 */
import { type Crowd, isMover, judge } from './accept.ts';
import type { FacadeMap } from './calibration.ts';
import type { Zone } from './camera-options.ts';
import { continues, type Fall, join, mirrors } from './merge.ts';
import { createPathFinder } from './path.ts';
import { isInside } from './polygon.ts';
import { tidy } from './tidy.ts';
import type { Track } from './tracker.ts';
import type { Sighting } from './verify.ts';

export interface FallCollector {
  /** Takes what was seen at `atMs`, the tracks that ended until then and those still live; answers the falls that are complete by then. */
  add(seen: Seen, atMs: number): Fall[];
  /** Takes the tracks that are left when nothing more will be seen; answers all falls that are left. */
  flush(ended: readonly Track[]): Fall[];
  /** The fall that a live track would be if it ended now; undefined if it is none, or part of one that has ended. */
  fallNow(track: Track, live: readonly Track[]): Fall | undefined;
}

interface Seen {
  sightings: readonly Sighting[];
  ended: readonly Track[];
  live: readonly Track[];
}

interface FallCollectorOptions {
  width: number;
  height: number;
  zones?: readonly Zone[] | undefined;
  /** Of a calibrated camera. */
  facade?: FacadeMap | undefined;
}

const HOLD_MS = 300;
/** Pieces and falls older than this are forgotten. */
const MEMORY_MS = 4_000;
const PIECES_MAX = 64;
const PIECE_HITS_MIN = 3;
/** Movers that ended so long before a track began still count as beside it … */
const COMPANY_MS = 1_000;
/** … and for so long afterwards in part: where leaves sink or birds fly, more will come. */
const COMPANY_MEMORY_MS = 60_000;
const COMPANY_PAST_WEIGHT = 0.3;
const MOVERS_MAX = 256;
/** A track that is so sure is not looked for in any other way. */
const SURE = 0.9;
const LIKE_SPEED_RATIO = 2;
/** Drops of one shower differ by less than this share of their speed. */
const SAME_MOTION_SHARE = 0.1;

export function createFallCollector(options: FallCollectorOptions): FallCollector {
  let pieces: Track[] = [];
  let pending: { fall: Fall; sinceMs: number }[] = [];
  let released: Fall[] = [];

  let movers: Track[] = [];
  const paths = createPathFinder(options);

  const take = (track: Track, atMs: number, live: readonly Track[]): void => {
    const held = pending.find((entry) => belongsTo(entry.fall, track, options));
    if (held) {
      if (continues(held.fall.track, track, options)) held.fall = { ...held.fall, track: join(held.fall.track, track) };
      else if (track.hits.length > held.fall.track.hits.length) exchange(held, tidy(track), live);
      held.sinceMs = atMs;
      return;
    }
    if (released.some((fall) => belongsTo(fall, track, options))) return;
    const whole = wholeOf(track);
    const fall = fallOf(whole, live);
    if (fall) pending.push({ fall, sinceMs: atMs });
    if (isMover(track, options)) movers = [...movers, track].slice(-MOVERS_MAX);
    if (track.hits.length >= PIECE_HITS_MIN) pieces = [...pieces, whole].slice(-PIECES_MAX);
  };

  /** With the piece of it that ended before, if there is one, and without strays. */
  const wholeOf = (track: Track): Track => {
    const before = pieces.find((piece) => continues(piece, track, options));
    return tidy(before ? join(before, track) : track);
  };

  const judged = (track: Track, live: readonly Track[]): Fall | undefined => {
    const confidence = accept(track, options, () => crowdOf({ movers, live }, track, options));
    return confidence === undefined ? undefined : { track, confidence };
  };

  /** The whole track or, unless that is sure, the path of the object in it, whichever is the surer fall. */
  const fallOf = (whole: Track, live: readonly Track[]): Fall | undefined => {
    const fall = judged(whole, live);
    if (fall && fall.confidence >= SURE) return fall;
    const path = paths.pathOf(whole);
    const along = path && judged(path, live);
    return along && along.confidence > (fall?.confidence ?? 0) ? along : fall;
  };

  /** Of an object and its mirror image the one that was seen better stands for both. */
  const exchange = (held: { fall: Fall }, track: Track, live: readonly Track[]): void => {
    const fall = judged(track, live);
    if (fall) held.fall = { track, confidence: Math.max(fall.confidence, held.fall.confidence) };
  };

  const collect = ({ ended, live }: Omit<Seen, 'sightings'>, atMs: number): Fall[] => {
    // The longest first: the object before its reflection and before what only brushed it.
    for (const track of [...ended].sort((a, b) => b.hits.length - a.hits.length))
      take(track, Math.min(atMs, endMs(track) + MEMORY_MS), live);
    const due = pending.filter((entry) => atMs - entry.sinceMs >= HOLD_MS);
    pending = pending.filter((entry) => !due.includes(entry));
    const falls: Fall[] = [];
    // Two tracks can turn out to be one object only when the path of each is known.
    for (const { fall } of due)
      if (![...released, ...falls].some((other) => belongsTo(other, fall.track, options))) falls.push(fall);
    released = [...released, ...falls].filter((fall) => atMs - endMs(fall.track) < MEMORY_MS);
    movers = movers.filter((mover) => atMs - endMs(mover) < COMPANY_MEMORY_MS);
    pieces = pieces.filter((piece) => atMs - endMs(piece) < MEMORY_MS);
    return falls.sort((a, b) => (a.track.hits[0]?.atMs ?? 0) - (b.track.hits[0]?.atMs ?? 0));
  };

  return {
    add(seen, atMs) {
      paths.see(seen.sightings, atMs);
      return collect(seen, atMs);
    },
    flush: (ended) => collect({ ended, live: [] }, Number.POSITIVE_INFINITY),
    fallNow(track, live) {
      const known = [...pending.map((entry) => entry.fall), ...released];
      if (known.some((fall) => belongsTo(fall, track, options))) return undefined;
      return judged(wholeOf(track), live);
    },
  };
}

/** True when the track is the fall's mirror image, or a further piece of it. */
export function belongsTo(fall: Fall, track: Track, picture: { width: number; height: number }): boolean {
  return mirrors(fall.track, track, picture) || continues(fall.track, track, picture);
}

function accept(track: Track, options: FallCollectorOptions, crowd: () => Crowd): number | undefined {
  if (options.zones?.length && !inZones(track, options.zones, options)) return undefined;
  const { width, height, facade } = options;
  const judgement = judge(track, { width, height, facade, crowd });
  return judgement.accepted ? judgement.confidence : undefined;
}

/**
 * The other things that moved at a like speed while this one fell, and in part those of the minute
 * before: flocks, leaves, traffic and flakes do, and a fall through them does not. Its own pieces and
 * mirror images do not count.
 */
function crowdOf(
  others: { movers: readonly Track[]; live: readonly Track[] },
  track: Track,
  picture: { width: number; height: number },
): Crowd {
  const from = (track.hits[0]?.atMs ?? 0) - COMPANY_MS;
  const motion = motionOf(track);
  const crowd = { company: 0, alike: 0 };
  const movers = [...others.live.filter((other) => endMs(other) >= from && isMover(other, picture)), ...others.movers];
  for (const other of movers) {
    const otherMotion = motionOf(other);
    const ratio = speedOf(otherMotion) / Math.max(1e-6, speedOf(motion));
    if (ratio <= 1 / LIKE_SPEED_RATIO || ratio >= LIKE_SPEED_RATIO) continue;
    if (mirrors(track, other, picture) || continues(other, track, picture)) continue;
    const weight = endMs(other) >= from ? 1 : COMPANY_PAST_WEIGHT;
    crowd.company += weight;
    const apart = Math.hypot(otherMotion.x - motion.x, otherMotion.y - motion.y);
    if (apart < SAME_MOTION_SHARE * speedOf(motion)) crowd.alike += weight;
  }
  return crowd;
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

function inZones(track: Track, zones: readonly Zone[], picture: { width: number; height: number }): boolean {
  const inside = track.hits.filter((hit) =>
    zones.some((zone) => isInside(zone.polygon, hit.x / picture.width, hit.y / picture.height)),
  );
  return inside.length * 2 >= track.hits.length;
}

function endMs(track: Track): number {
  return track.hits.at(-1)?.atMs ?? 0;
}
