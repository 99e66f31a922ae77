/**
 * From what is seen frame by frame to falls: tracker → judgement → one event per object. Pure of clocks
 * and pictures: the same looks give the same falls.
 */

import type { Zone } from '../../core/camera-options.ts';
import type { FacadeMap } from '../../core/facade.ts';
import type { Judges } from '../../models/run.ts';
import { type BegunFall, type CompleteFall, createEarlyTeller } from './judge/early.ts';
import { createFallCollector, type FallCollectorOptions } from './judge/falls.ts';
import type { Verdict } from './judge/nuisance.ts';
import type { Point } from './look/candidates.ts';
import type { Look } from './look/look.ts';
import type { Fall } from './track/merge.ts';
import { createTracker } from './track/tracker.ts';

export interface FollowerOptions {
  width: number;
  height: number;
  /** Probability from which a sighting may begin a track. */
  startFrom: number;
  judges: Judges;
  zones?: readonly Zone[] | undefined;
  /** Of a calibrated camera. */
  facade?: FacadeMap | undefined;
  /** Tells sure falls before they end; what is complete is then also told of those that became none in the end. */
  early?: boolean | undefined;
  onJudged?: FallCollectorOptions['onJudged'];
}

export interface Follower {
  /** Where live tracks expect their objects at `atMs`, the surest first. */
  expected(atMs: number): Point[];
  follow(look: Look): { begun: BegunFall[]; complete: CompleteFall[] };
  /** How many times likelier a fall must be at `atMs` than where nothing is nearly taken for one: 1 to 20. */
  caution(atMs: number): number;
  /** What a guard says of falls that were told. */
  judge(verdict: Verdict): void;
  /** Ends all tracks, as at the end of a file. */
  flush(): Fall[];
}

export function createFollower(options: FollowerOptions): Follower {
  const { width, height, startFrom, judges, zones, facade, onJudged } = options;
  const tracker = createTracker({ width, height, startFrom });
  const judge = facade ? judges.calibrated : judges.uncalibrated;
  const falls = createFallCollector({ width, height, zones, judge, facade, ...(onJudged && { onJudged }) });
  const early = options.early ? createEarlyTeller(falls, { width, height, facade }) : undefined;

  return {
    expected: (atMs) => tracker.expected(atMs),
    follow({ sightings, atMs, calm, activeShare }) {
      const ended = tracker.update(sightings, { atMs, calm });
      const live = tracker.live();
      const complete = falls.add({ sightings, activeShare, ended, live }, atMs);
      return early?.see({ live, complete }, atMs) ?? { begun: [], complete };
    },
    caution: (atMs) => falls.caution(atMs),
    judge: (verdict) => falls.judge(verdict),
    flush: () => falls.flush(tracker.flush()),
  };
}
