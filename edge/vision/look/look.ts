/**
 * From a frame to what is seen in it: gate → candidates → verifier. In: luma frames and where tracks
 * expect their objects. Out: the sightings of one frame and the state of the picture.
 */
import type { Mask } from '../../../core/camera-options.ts';
import type { Model } from '../../../models/run.ts';
import { maskCells } from '../polygon.ts';
import { createCandidateChooser, type Point } from './candidates.ts';
import { createFrameRing } from './frame-ring.ts';
import { createGate } from './gate.ts';
import { createPictureWatch, type PictureState } from './picture.ts';
import { createVerifier, type Sighting } from './verify.ts';

/** What was seen in one frame. */
export interface Look {
  /** Of the frame that it is about, which is a little older than the newest. */
  atMs: number;
  /** False while the whole picture changes its light: then no track may begin. */
  calm: boolean;
  /** Share of the gate's cells in which something moved. */
  activeShare: number;
  sightings: readonly Sighting[];
}

export interface Looker {
  /** The buffer for the next frame's luma: fill it, then call `look`. */
  nextLuma(): Uint8Array;
  /** `expected` says where tracks expect their objects. There is no look before the fifth frame. */
  look(atMs: number, expected: (atMs: number) => Point[]): Promise<{ picture: PictureState; look?: Look }>;
}

/** The tiles need five frames; the gate makes do with what is there. */
const FRAMES_MIN = 5;

export function createLooker(options: {
  model: Model;
  width: number;
  height: number;
  masks?: readonly Mask[] | undefined;
}): Looker {
  const { model, width, height } = options;
  const { cellPx } = model.manifest.gate;
  const grid = { columns: Math.ceil(width / cellPx), rows: Math.ceil(height / cellPx) };
  const ignored = (options.masks ?? []).filter((mask) => mask.type === 'ignore').map((mask) => mask.polygon);
  const masked = maskCells(ignored, { ...grid, cellPx, width, height });
  const gate = createGate(model, { width, height, ...(masked && { masked }) });
  const ring = createFrameRing({ width, height, depth: gate.depth, stripRows: gate.stripRows });
  const chooser = createCandidateChooser(grid);
  const verifier = createVerifier(model);
  const watch = createPictureWatch({ width, height });

  return {
    nextLuma: () => ring.next(),
    async look(newestAtMs, expected) {
      ring.commit(newestAtMs);
      if (ring.count < FRAMES_MIN) return { picture: watch.look(ring.luma(0), newestAtMs) };
      const activity = await gate.run(ring);
      const picture = watch.look(ring.luma(0), newestAtMs);
      // The verifier has learnt shakes; in a light step only the places of known tracks are worth a look.
      const calm = picture.condition === 'normal' || picture.condition === 'shake';
      const atMs = ring.atMs(gate.referenceAge);
      const candidates = chooser.choose(calm ? activity : { ...activity, active: [] }, expected(atMs));
      const sightings = await verifier.verify(ring, candidates);
      const activeShare = activity.active.length / (grid.columns * grid.rows);
      return { picture, look: { atMs, calm, activeShare, sightings } };
    },
  };
}
