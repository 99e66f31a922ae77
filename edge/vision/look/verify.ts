/**
 * What a candidate is: cuts tiles of a few frames out of the frame ring and asks the model's verifier.
 * Out: one sighting per tile with class probabilities, centre, velocity, size in pixels and contrast.
 */
import { Tensor } from 'onnxruntime-node';
import type { Model } from '../../../models/run.ts';
import type { Candidate } from './candidates.ts';
import { type Contrast, createContrastMeter } from './contrast.ts';
import type { FrameRing } from './frame-ring.ts';

export interface Sighting extends Contrast {
  /** Centre in pixels of the picture at the reference frame. */
  x: number;
  y: number;
  /** Pixels per frame. */
  vx: number;
  vy: number;
  sizePx: number;
  /** Probability that it is a thrown object. */
  thrown: number;
  /** All classes, in the manifest's order. */
  probabilities: readonly number[];
}

export interface Verifier {
  verify(ring: FrameRing, candidates: readonly Candidate[]): Promise<Sighting[]>;
}

/** Two tiles whose centres are closer than this look at the same thing. */
const SAME_PX = 6;

export function createVerifier(model: Pick<Model, 'verifier' | 'manifest'>): Verifier {
  const { sizePx, ages, referenceAge } = model.manifest.tiles;
  const classes = model.manifest.classes.length;
  const contrastOf = createContrastMeter();
  return {
    async verify(ring, candidates) {
      if (candidates.length === 0) return [];
      const tiles = cutTiles(ring, candidates, { sizePx, ages });
      const shape = [candidates.length, ages.length, sizePx, sizePx];
      const outputs = await model.verifier.run({ tiles: new Tensor('uint8', tiles, shape) });
      const probabilities = outputs.probabilities?.data as Float32Array;
      const motion = outputs.motion?.data as Float32Array;
      const sightings = candidates.map((candidate, index) => {
        const [dx = 0, dy = 0, vx = 0, vy = 0, size = 0] = motion.subarray(index * 5, index * 5 + 5);
        const row = Array.from(probabilities.subarray(index * classes, (index + 1) * classes));
        return {
          x: candidate.x + dx,
          y: candidate.y + dy,
          vx,
          vy,
          // The net may tell less than nothing of what is hardly there.
          sizePx: Math.max(0, size),
          thrown: row[0] ?? 0,
          probabilities: row,
        };
      });
      return withoutDoubles(sightings).map((one) => ({ ...one, ...contrastOf(ring, { ...one, age: referenceAge }) }));
    },
  };
}

/** Tiles [candidate][age][row][column]; beyond the picture's edge the edge's pixels repeat. */
function cutTiles(
  ring: FrameRing,
  candidates: readonly { x: number; y: number }[],
  tile: { sizePx: number; ages: readonly number[] },
): Uint8Array {
  const { sizePx, ages } = tile;
  const tiles = new Uint8Array(candidates.length * ages.length * sizePx * sizePx);
  let offset = 0;
  for (const candidate of candidates) {
    const left = Math.round(candidate.x) - sizePx / 2;
    const top = Math.round(candidate.y) - sizePx / 2;
    for (const age of ages) {
      // While the ring fills, its oldest frame stands for those before it, as in the gate.
      const luma = ring.luma(Math.min(age, ring.count - 1));
      cutTile(ring, { luma, left, top, sizePx }, tiles.subarray(offset, offset + sizePx * sizePx));
      offset += sizePx * sizePx;
    }
  }
  return tiles;
}

function cutTile(
  { width, height }: { width: number; height: number },
  cut: { luma: Uint8Array; left: number; top: number; sizePx: number },
  target: Uint8Array,
): void {
  const { luma, left, top, sizePx } = cut;
  const inside = left >= 0 && left + sizePx <= width;
  for (let row = 0; row < sizePx; row++) {
    const start = Math.min(height - 1, Math.max(0, top + row)) * width;
    if (inside) {
      target.set(luma.subarray(start + left, start + left + sizePx), row * sizePx);
      continue;
    }
    for (let column = 0; column < sizePx; column++)
      target[row * sizePx + column] = luma[start + Math.min(width - 1, Math.max(0, left + column))] as number;
  }
}

function withoutDoubles<T extends Omit<Sighting, keyof Contrast>>(sightings: readonly T[]): T[] {
  const kept: T[] = [];
  for (const sighting of [...sightings].sort((a, b) => b.thrown - a.thrown)) {
    const apart = Math.max(SAME_PX, sighting.sizePx * 0.6);
    if (kept.every((other) => Math.hypot(other.x - sighting.x, other.y - sighting.y) > apart)) kept.push(sighting);
  }
  return kept;
}
