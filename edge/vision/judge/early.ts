/**
 * Falls that are told while their object is still in the air: a live track that would be a sure fall if it
 * ended now, for some sights in a row. Each is told once as begun and once as complete, under one id.
 * In: live tracks and the falls that the collector has completed. Out: falls that began, and all falls
 * that are complete with the id of their beginning.
 */

import type { Picture } from '../track/image.ts';
import { endMs, meanLogOdds } from '../track/measure.ts';
import type { Fall } from '../track/merge.ts';
import type { Track } from '../track/tracker.ts';
import { belongsTo, type FallCollector } from './falls.ts';

/** A fall that is complete; `begunId` is that of the fall which was told as begun, if it was. */
export interface CompleteFall extends Fall {
  begunId?: number;
}

export interface BegunFall extends Fall {
  id: number;
}

export interface EarlyTeller {
  /** To be called for each frame, after the collector has taken it. */
  see(tracks: { live: readonly Track[]; complete: readonly Fall[] }, atMs: number): Told;
}

interface Told {
  begun: BegunFall[];
  complete: CompleteFall[];
}

/** A judgement takes some milliseconds, so a track is judged at every second of its sights. */
const SIGHTS_APART = 2;
/** So many judgements in a row must find a fall: one lucky sight is not enough … */
const JUDGEMENTS_MIN = 3;
/** … and be this sure, since what comes later cannot take an alarm back. */
const CONFIDENCE_MIN = 0.86;
/** Where the facade is calibrated, less: the judge of such cameras is as sure of fewer things. */
const CONFIDENCE_MIN_CALIBRATED = 0.75;
/** What does not even look like a fall at a glance is not judged: too short a drop, or no belief of the verifier. */
const DROP_SHARE_MIN = 0.1;
const MEAN_LOG_ODDS_MIN = 0.2;
/** Of a frame. */
const JUDGED_MAX = 2;
/** A begun fall whose track has ended for so long without becoming a fall is told as it was. */
const GIVEN_UP_MS = 4_000;

interface Begun extends BegunFall {
  /** Goes on growing while it is live. */
  live: Track;
  isComplete: boolean;
}

export function createEarlyTeller(collector: Pick<FallCollector, 'fallNow'>, picture: Picture): EarlyTeller {
  const confidenceMin = picture.facade ? CONFIDENCE_MIN_CALIBRATED : CONFIDENCE_MIN;
  let begun: Begun[] = [];
  /** Track id → judgements in a row that were sure of it. */
  let streaks = new Map<number, number>();

  const complete = (fall: Fall): CompleteFall => {
    const known = begun.find((one) => !one.isComplete && belongsTo(fall, one.live, picture));
    if (!known) return fall;
    known.isComplete = true;
    return { ...fall, begunId: known.id };
  };

  /** Itself, its mirror image or a piece of it. */
  const isBegun = (track: Track): boolean =>
    begun.some((one) => belongsTo({ confidence: one.confidence, track: one.live }, track, picture));

  const isDue = (track: Track, atMs: number): boolean =>
    endMs(track) === atMs && track.hits.length % SIGHTS_APART === 0;

  /** Those worth the cost of a judgement, the likeliest first: rain and leaves make dozens of tracks. */
  const likely = (live: readonly Track[], atMs: number): Track[] =>
    live
      .filter((track) => isDue(track, atMs) && dropPx(track) >= DROP_SHARE_MIN * picture.height)
      .filter((track) => !isBegun(track))
      .map((track) => ({ track, meanLogOdds: meanLogOdds(track) }))
      .filter((one) => one.meanLogOdds >= MEAN_LOG_ODDS_MIN)
      .sort((a, b) => b.meanLogOdds - a.meanLogOdds)
      .slice(0, JUDGED_MAX)
      .map((one) => one.track);

  return {
    see({ live, complete: falls }, atMs) {
      const told: Told = { begun: [], complete: falls.map(complete) };
      const before = streaks;
      // A track that is not due keeps its streak.
      streaks = new Map([...before].filter(([id]) => live.some((track) => track.id === id && !isDue(track, atMs))));
      for (const track of likely(live, atMs)) {
        const fall = collector.fallNow(track, live);
        if (!fall || fall.confidence < confidenceMin) continue;
        const streak = (before.get(track.id) ?? 0) + 1;
        streaks.set(track.id, streak);
        if (streak < JUDGEMENTS_MIN || isBegun(track)) continue;
        // As it is now: the track goes on growing.
        const soFar = { ...fall.track, hits: [...fall.track.hits] };
        const one = { id: track.id, confidence: fall.confidence, track: soFar };
        begun.push({ ...one, live: track, isComplete: false });
        told.begun.push(one);
      }
      const over = begun.filter((one) => atMs - endMs(one.live) > GIVEN_UP_MS);
      begun = begun.filter((one) => !over.includes(one));
      for (const one of over)
        if (!one.isComplete) told.complete.push({ confidence: one.confidence, track: one.live, begunId: one.id });
      return told;
    },
  };
}

function dropPx({ hits }: Track): number {
  return (hits.at(-1)?.y ?? 0) - (hits[0]?.y ?? 0);
}
