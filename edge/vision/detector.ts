/**
 * The detector of one camera, from luma frames to falls: gate → candidates → verifier → tracker →
 * judgement → one event per object. Pure of clocks and files: the same frames give the same events.
 */
import type { Model } from '../../models/run.ts';
import type { FacadeMap } from './calibration.ts';
import type { Mask, Zone } from './camera-options.ts';
import { createCandidateChooser } from './candidates.ts';
import { type BegunFall, type CompleteFall, createEarlyTeller } from './early.ts';
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
  const ring = createFrameRing({ width, height, depth: gate.depth, stripRows: gate.stripRows });
  const chooser = createCandidateChooser(grid);
  const verifier = createVerifier(model);
  const tracker = createTracker({ width, height, startFrom: model.manifest.thresholds.sighting });
  const watch = createPictureWatch({ width, height });
  const falls = createFallCollector({ width, height, zones: options.zones, facade: options.facade });
  const early = options.early ? createEarlyTeller(falls, { width, height }) : undefined;

  return {
    width,
    height,
    nextLuma: () => ring.next(),
    async push(atMs) {
      ring.commit(atMs);
      if (ring.count < FRAMES_MIN) {
        return { begun: [], complete: [], picture: watch.look(ring.luma(0), atMs) };
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
      const live = tracker.live();
      const complete = falls.add({ sightings, ended, live }, referenceAtMs);
      return { begun: [], complete, picture, ...early?.see({ live, complete }, referenceAtMs) };
    },
    flush: () => falls.flush(tracker.flush()),
  };
}
