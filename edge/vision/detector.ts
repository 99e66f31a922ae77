/**
 * The detector of one camera, from luma frames to falls: gate → candidates → verifier → tracker →
 * judgement → one event per object. Pure of clocks and files: the same frames give the same events.
 */
import type { Model } from '../../models/run.ts';
import type { Mask, Zone } from './camera-options.ts';
import { createCandidateChooser } from './candidates.ts';
import { createFallCollector } from './falls.ts';
import { createFrameRing } from './frame-ring.ts';
import { createGate } from './gate.ts';
import type { Fall } from './merge.ts';
import { createPictureWatch, type PictureState } from './picture.ts';
import { maskCells } from './polygon.ts';
import { createTracker } from './tracker.ts';
import { createVerifier } from './verify.ts';

export interface DetectorOptions {
  model: Model;
  width: number;
  height: number;
  masks?: readonly Mask[] | undefined;
  zones?: readonly Zone[] | undefined;
  /** Pixels that an object must fall at (x, y): two floors on a calibrated camera. */
  dropPxMin?: ((x: number, y: number) => number) | undefined;
}

export interface Detector {
  readonly width: number;
  readonly height: number;
  /** The buffer for the next frame's luma: fill it, then call `push`. */
  nextLuma(): Uint8Array;
  /** Looks at the frame in the buffer; answers falls that are complete. `atMs` must rise. */
  push(atMs: number): Promise<{ falls: Fall[]; picture: PictureState }>;
  /** Ends all tracks, as at the end of a file. */
  flush(): Fall[];
}

/** The tiles need five frames; the gate makes do with what is there. */
const FRAMES_MIN = 5;

export function createDetector(options: DetectorOptions): Detector {
  const { model, width, height } = options;
  const { cellPx } = model.manifest.gate;
  const grid = { columns: Math.ceil(width / cellPx), rows: Math.ceil(height / cellPx) };
  const ignored = (options.masks ?? []).filter((mask) => mask.type === 'ignore').map((mask) => mask.polygon);
  const masked = maskCells(ignored, { ...grid, cellPx, width, height });
  const gate = createGate(model, { width, height, ...(masked && { masked }) });
  const ring = createFrameRing({ width, height, depth: gate.depth });
  const chooser = createCandidateChooser(grid);
  const verifier = createVerifier(model);
  const tracker = createTracker({ width, height, startFrom: model.manifest.thresholds.sighting });
  const watch = createPictureWatch({ width, height });
  const falls = createFallCollector({ width, height, zones: options.zones, dropPxMin: options.dropPxMin });

  return {
    width,
    height,
    nextLuma: () => ring.next(),
    async push(atMs) {
      ring.commit(atMs);
      if (ring.count < FRAMES_MIN) {
        return { falls: [], picture: watch.look(ring.luma(0), atMs) };
      }
      const activity = await gate.run(ring);
      const picture = watch.look(ring.luma(0), atMs);
      // The verifier has learnt shakes; in a light step only the places of known tracks are worth a look.
      const calm = picture.condition === 'normal' || picture.condition === 'shake';
      const seen = calm ? activity : { ...activity, active: [] };
      const referenceAtMs = ring.atMs(gate.referenceAge);
      const candidates = chooser.choose(seen, tracker.expected(referenceAtMs));
      const sightings = await verifier.verify(ring, candidates);
      const ended = tracker.update(sightings, { atMs: referenceAtMs, calm });
      return { falls: falls.add({ ended, live: tracker.live() }, referenceAtMs), picture };
    },
    flush: () => falls.add({ ended: tracker.flush(), live: [] }, Number.POSITIVE_INFINITY),
  };
}
