/**
 * From ended tracks to falls: joins pieces, judges, keeps one event per object, and holds each
 * fall back for a moment, in which its reflection or its next piece may still arrive.
 */

import type { Zone } from '../../../core/camera-options.ts';
import type { FacadeMap } from '../../../core/facade.ts';
import type { Judge } from '../../../models/run.ts';
import type { Sighting } from '../look/verify.ts';
import { isInside } from '../polygon.ts';
import { createHistory } from '../track/history.ts';
import { isImage, type Picture, runBeside } from '../track/image.ts';
import { endMs } from '../track/measure.ts';
import { continues, type Fall, goesOn, join, outlives, shares } from '../track/merge.ts';
import { createPathFinder } from '../track/path.ts';
import { createSurroundings } from '../track/surroundings.ts';
import { tidy } from '../track/tidy.ts';
import type { Track } from '../track/tracker.ts';
import { type JudgeOptions, judge, SURE_FROM } from './accept.ts';
import { createNuisance, type Verdict } from './nuisance.ts';

export interface FallCollector {
  /** Takes what was seen at `atMs`, the tracks that ended until then and those still live; answers the falls that are complete by then. */
  add(seen: Seen, atMs: number): Fall[];
  /** Takes the tracks that are left when nothing more will be seen; answers all falls that are left. */
  flush(ended: readonly Track[]): Fall[];
  /** The fall that a live track would be if it ended now; undefined if it is none, or part of one that has ended. */
  fallNow(track: Track, live: readonly Track[]): Fall | undefined;
  /** How many times likelier a fall must be at `atMs` than where nothing is nearly taken for one: 1 to 20. */
  caution(atMs: number): number;
  /** What a guard says of falls that were told. */
  judge(verdict: Verdict): void;
}

interface Seen {
  sightings: readonly Sighting[];
  /** Share of the gate's cells in which something moved. */
  activeShare: number;
  ended: readonly Track[];
  live: readonly Track[];
}

export interface FallCollectorOptions {
  width: number;
  height: number;
  zones?: readonly Zone[] | undefined;
  /** With a facade that of calibrated cameras, without one the other. */
  judge: Judge;
  facade?: FacadeMap | undefined;
  /** Is handed each track that is judged, and what is known around it, as material for the training of the judge. */
  onJudged?: (track: Track, options: JudgeOptions) => void;
}

/** A fall, if it is one, and on a calibrated camera how far the track is from the bound. */
interface Judged {
  fall?: Fall | undefined;
  margin?: number | undefined;
}

const HOLD_MS = 300;
/** Pieces older than this are forgotten. */
const MEMORY_MS = 4_000;
const PIECES_MAX = 64;
const PIECE_HITS_MIN = 3;
/** The judge of a calibrated camera must know what else moves there: until then tracks wait for it. */
const WARM_UP_MS = 10_000;
/** A track that is so sure is not looked for in any other way. */
const SURE = 0.9;

export function createFallCollector(options: FallCollectorOptions): FallCollector {
  let pieces: Track[] = [];
  let pending: { fall: Fall; sinceMs: number }[] = [];
  let released: Fall[] = [];
  /** Tracks that ended before it was known what else moves there, and when. */
  let waiting: { ended: readonly Track[]; atMs: number }[] = [];
  const history = createHistory(options);
  const paths = createPathFinder(options, history);
  const surroundings = createSurroundings(options, history);
  const nuisance = options.judge.nuisance && createNuisance(options, options.judge.nuisance);

  const known = (): Fall[] => [...pending.map((entry) => entry.fall), ...released];

  const take = (track: Track, atMs: number, live: readonly Track[]): void => {
    const held = pending.find((entry) => belongsTo(entry.fall, track, options));
    if (held) {
      if (goesOn(held.fall.track, track, options)) held.fall = { ...held.fall, track: join(held.fall.track, track) };
      else if (track.hits.length > held.fall.track.hits.length) exchange(held, tidy(track), live);
      held.sinceMs = atMs;
      return;
    }
    if (released.some((fall) => belongsTo(fall, track, options))) return;
    const whole = wholeOf(track);
    const { fall, margin } = surestOf(whole, live);
    if (fall) pending.push({ fall, sinceMs: atMs });
    // What runs beside a fall may be of it, and speaks against nothing.
    else if (margin !== undefined && !known().some((other) => runBeside(other.track, track, options)))
      nuisance?.add(whole, margin);
    if (track.hits.length >= PIECE_HITS_MIN) pieces = [...pieces, whole].slice(-PIECES_MAX);
  };

  /** With the piece of it that ended before, if there is one, and without strays. */
  const wholeOf = (track: Track): Track => {
    const before = pieces.find((piece) => continues(piece, track, options));
    return tidy(before ? join(before, track) : track);
  };

  const judged = (track: Track, live: readonly Track[]): Judged => {
    if (options.zones?.length && !inZones(track, options.zones, options)) return {};
    const around = {
      crowd: () => surroundings.crowdOf(track, live),
      clutter: () => surroundings.clutterOf(track),
      life: () => paths.lifeOf(track),
      nuisance: () => nuisance?.costOf(track) ?? 0,
    };
    const of = { width: options.width, height: options.height, judge: options.judge, facade: options.facade, around };
    options.onJudged?.(track, of);
    const { margin, ...judgement } = judge(track, of);
    return { margin, ...(judgement.accepted && { fall: { track, confidence: judgement.confidence } }) };
  };

  const isWarm = (atMs: number): boolean => !options.facade || atMs - (history.frames[0]?.atMs ?? atMs) >= WARM_UP_MS;

  /** The whole track or, unless that is sure, the path of the object in it, whichever is the surer fall. */
  const surestOf = (whole: Track, live: readonly Track[]): Judged => {
    const one = judged(whole, live);
    if (one.fall && one.fall.confidence >= SURE) return one;
    const path = paths.pathOf(whole);
    const other: Judged = path ? judged(path, live) : {};
    return {
      fall: (other.fall?.confidence ?? 0) > (one.fall?.confidence ?? 0) ? other.fall : one.fall,
      margin: other.margin === undefined ? one.margin : Math.max(other.margin, one.margin ?? other.margin),
    };
  };

  /** Of an object and its mirror image the one that was seen better stands for both. */
  const exchange = (held: { fall: Fall }, track: Track, live: readonly Track[]): void => {
    const { fall } = judged(track, live);
    if (fall) held.fall = { track, confidence: Math.max(fall.confidence, held.fall.confidence) };
  };

  /** Two things that fall together are rarer than one: the second must be sure by itself. */
  const isOne = (told: Fall, fall: Fall): boolean =>
    belongsTo(told, fall.track, options) || (fall.confidence < SURE_FROM && runBeside(told.track, fall.track, options));

  const collect = ({ ended, live }: Pick<Seen, 'ended' | 'live'>, atMs: number): Fall[] => {
    // The longest first: the object before its reflection and before what only brushed it.
    for (const track of [...ended].sort((a, b) => b.hits.length - a.hits.length))
      take(track, Math.min(atMs, endMs(track) + MEMORY_MS), live);
    const due = pending.filter((entry) => atMs - entry.sinceMs >= HOLD_MS);
    pending = pending.filter((entry) => !due.includes(entry));
    const falls: Fall[] = [];
    // Two tracks can turn out to be one object only when the path of each is known.
    for (const { fall } of due) if (![...released, ...falls].some((other) => isOne(other, fall))) falls.push(fall);
    // The path of a later track may lead back to a fall for as long as what was seen of it is kept.
    const oldestMs = history.frames[0]?.atMs ?? atMs;
    released = [...released, ...falls].filter((fall) => endMs(fall.track) >= oldestMs);
    for (const { track } of falls) nuisance?.tell(track);
    surroundings.forget(atMs);
    pieces = pieces.filter((piece) => atMs - endMs(piece) < MEMORY_MS);
    return falls.sort((a, b) => (a.track.hits[0]?.atMs ?? 0) - (b.track.hits[0]?.atMs ?? 0));
  };

  const collectWaiting = (live: readonly Track[]): Fall[] => {
    const falls = waiting.flatMap(({ ended, atMs }) => collect({ ended, live }, atMs));
    waiting = [];
    return falls;
  };

  return {
    add({ sightings, activeShare, ended, live }, atMs) {
      history.see(sightings, { atMs, activeShare });
      for (const track of ended) surroundings.add(track);
      waiting.push({ ended, atMs });
      return isWarm(atMs) ? collectWaiting(live) : [];
    },
    flush: (ended) => [...collectWaiting([]), ...collect({ ended, live: [] }, Number.POSITIVE_INFINITY)],
    fallNow(track, live) {
      if (!isWarm(endMs(track))) return undefined;
      if (known().some((fall) => belongsTo(fall, track, options))) return undefined;
      return judged(wholeOf(track), live).fall;
    },
    caution: (atMs) => Math.exp(nuisance?.costAt(atMs) ?? 0),
    judge: (verdict) => nuisance?.judge(verdict),
  };
}

/** True when the track is the fall's mirror image, a further piece of it or the one before, or in good part the same sights. */
export function belongsTo({ track: known }: Fall, track: Track, picture: Picture): boolean {
  const isOneWay = goesOn(known, track, picture) || outlives(track, known, picture) || shares(known, track);
  return isOneWay || isImage(known, track, picture);
}

function inZones(track: Track, zones: readonly Zone[], picture: { width: number; height: number }): boolean {
  const inside = track.hits.filter((hit) =>
    zones.some((zone) => isInside(zone.polygon, hit.x / picture.width, hit.y / picture.height)),
  );
  return inside.length * 2 >= track.hits.length;
}
