/**
 * The detector of one camera, from luma frames to falls: look (gate → candidates → verifier), then
 * follow (tracker → judgement → one event per object). The same frames give the same events.
 */

import type { Mask, Zone } from '../../core/camera-options.ts';
import type { FacadeMap } from '../../core/facade.ts';
import type { Model } from '../../models/run.ts';
import { createFollower } from './follow.ts';
import type { BegunFall, CompleteFall } from './judge/early.ts';
import type { Verdict } from './judge/nuisance.ts';
import { createLooker } from './look/look.ts';
import type { PictureState } from './look/picture.ts';
import type { Fall } from './track/merge.ts';

export interface DetectorOptions {
  model: Model;
  width: number;
  height: number;
  masks?: readonly Mask[] | undefined;
  zones?: readonly Zone[] | undefined;
  /** Of a calibrated camera. */
  facade?: FacadeMap | undefined;
  /** Tells sure falls before they end; what is complete is then also told of those that became none in the end. */
  early?: boolean;
}

interface Seen {
  /** Falls that are sure while their object is in the air; each is complete later. Empty unless asked for. */
  begun: BegunFall[];
  complete: CompleteFall[];
  picture: PictureState;
}

export interface Detector {
  readonly width: number;
  readonly height: number;
  /** The buffer for the next frame's luma: fill it, then call `push`. */
  nextLuma(): Uint8Array;
  /** Looks at the frame in the buffer; answers what it shows. `atMs` must rise. */
  push(atMs: number): Promise<Seen>;
  /** How many times likelier a fall must be at `atMs` than where nothing is nearly taken for one: 1 to 20. */
  caution(atMs: number): number;
  /** What a guard says of falls that were told. */
  judge(verdict: Verdict): void;
  /** Ends all tracks, as at the end of a file. */
  flush(): Fall[];
}

export function createDetector(options: DetectorOptions): Detector {
  const { model, width, height, masks, zones, facade, early } = options;
  const looker = createLooker({ model, width, height, masks });
  const { judges, manifest } = model;
  const startFrom = manifest.thresholds.sighting;
  const follower = createFollower({ width, height, startFrom, judges, zones, facade, early });

  return {
    width,
    height,
    nextLuma: () => looker.nextLuma(),
    async push(atMs) {
      const { picture, look } = await looker.look(atMs, follower.expected);
      return { begun: [], complete: [], ...(look && follower.follow(look)), picture };
    },
    caution: (atMs) => follower.caution(atMs),
    judge: (verdict) => follower.judge(verdict),
    flush: () => follower.flush(),
  };
}
