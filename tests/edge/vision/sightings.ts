/** What a verifier tells of things of which a test knows the truth, and a facade that has been calibrated. */
import { calibrationSchema } from '../../../core/camera-options.ts';
import { mapFacade } from '../../../core/facade.ts';
import type { Sighting } from '../../../edge/vision/look/verify.ts';
import type { Judge } from '../../../models/run.ts';

/** A dark thing of eight pixels; what it is not likely to be thrown, it is likely to be each of the others. */
export function sighting(x: number, y: number, more: Partial<Sighting> = {}): Sighting {
  const thrown = more.thrown ?? 0.9;
  const rest = (1 - thrown) / 5;
  const probabilities = [thrown, rest, rest, rest, rest, rest];
  return { x, y, vx: 0, vy: 0, sizePx: 8, contrast: -20, behind: 120, thrown, probabilities, ...more };
}

export const PICTURE = { width: 1920, height: 1080 };

/** Trees that believe everything, for tests of what else decides. */
export const BELIEVING: Judge = {
  features: [],
  trees: [{ feature: [-1], threshold: [0], left: [0], right: [0], value: [100] }],
  told: 0,
  sure: 1,
};

/** 18 floors and three stairways of two flats, seen from below. */
export const CALIBRATION = calibrationSchema.parse({
  points: [
    { x: 0.2, y: 0.95, column: 0, floor: 1 },
    { x: 0.8, y: 0.96, column: 6, floor: 1 },
    { x: 0.72, y: 0.06, column: 6, floor: 19 },
    { x: 0.28, y: 0.05, column: 0, floor: 19 },
  ],
  columns: ['101', '102', '201', '202', '301', '302'],
  lowestFloor: 1,
  highestFloor: 18,
});

const map = mapFacade(CALIBRATION, PICTURE);
if (!map) throw new Error('the calibration must span the facade');
export const FACADE = map;
