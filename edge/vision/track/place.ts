/** Where a fall began: follows it back to its start and spreads the chance over the windows there. */
import type { FacadeMap } from '../../../core/facade.ts';
import { advance, type FallFit, fitFall, type Motion, type Sample } from './physics.ts';
import type { Track } from './tracker.ts';

interface Place {
  floor: number;
  unit: string;
  probability: number;
}

export interface Origin {
  /** The likeliest first, at most three. */
  places: Place[];
  /** Chance that it began at one of the facade's windows at all. */
  facadeShare: number;
  fit: FallFit;
}

const PLACES_MAX = 3;
const PLACE_PROBABILITY_MIN = 0.03;
const BACK_STEP_SECONDS = 0.02;
const BACK_SECONDS_MAX = 3;
/** Drag makes a thing forget how it began; looked at backwards, errors grow by e in such a time. */
const BACK_TIMES_MAX = 3;
/** Slower than this an object has just been let go. */
const AT_REST_METRES_PER_SECOND = 0.6;
const CENTRE_ERROR_PX = 1.5;
/** A way that the model explains no better says nothing about what was before it: flutter, gusts, a lift. */
const MISFIT_MAX = 2;

/** Undefined when the track is too short for the model. */
export function findOrigin(track: Track, map: FacadeMap): Origin | undefined {
  const startMs = track.hits[0]?.atMs ?? 0;
  const samples = track.hits.map((hit) => ({
    seconds: (hit.atMs - startMs) / 1000,
    ...map.toMetres(hit.x, hit.y),
    sigmaMetres: Math.max(0.05, (CENTRE_ERROR_PX + 0.1 * hit.sizePx) * map.metresPerPixel(hit.x, hit.y)),
  }));
  const fit = fitFall(samples);
  if (!fit) return undefined;
  const release = fit.misfit > MISFIT_MAX ? { ...fit.start, ...(samples[0] as Sample) } : followBack(fit, map);
  const backMetres = Math.hypot(release.right - fit.start.right, release.up - fit.start.up);
  // The farther back, the less is known; objects also stand out from the wall they fall along.
  const sigmaUp = Math.hypot(0.5, 0.3 * backMetres, 0.2 * fit.misfit);
  const sigmaRight = Math.hypot(0.6, 0.3 * Math.abs(release.right - fit.start.right), 0.2 * fit.misfit);
  const facadeShare = shareOf(chances({ release, sigmaUp, sigmaRight }, map));
  // What was let go beside or above the grid came from its nearest window.
  const places = likeliest(chances({ release: bounded(release, map), sigmaUp, sigmaRight }, map));
  return { places, facadeShare, fit };
}

/** Back in time until it stood still, left the facade, or the guess becomes too long. */
function followBack(fit: FallFit, map: FacadeMap): Motion {
  const { top } = sizeOf(map);
  const speed = Math.hypot(fit.start.speedRight - fit.windMetresPerSecond, fit.start.speedUp);
  const forgettingSeconds = 1 / Math.max(1e-3, 2 * fit.dragPerMetre * speed);
  const secondsMax = Math.min(BACK_SECONDS_MAX, BACK_TIMES_MAX * forgettingSeconds);
  let motion = fit.start;
  for (let seconds = 0; seconds < secondsMax; seconds += BACK_STEP_SECONDS) {
    if (motion.speedUp > -AT_REST_METRES_PER_SECOND || motion.up > top) break;
    motion = advance(motion, fit, -BACK_STEP_SECONDS);
  }
  return motion;
}

function bounded(release: Motion, map: FacadeMap): Motion {
  const { width, top } = sizeOf(map);
  const right = Math.min(width, Math.max(0, release.right));
  return { ...release, right, up: Math.min(top, Math.max(0, release.up)) };
}

function sizeOf({ calibration }: FacadeMap): { width: number; top: number } {
  const floors = calibration.highestFloor + 1 - calibration.lowestFloor;
  return {
    width: calibration.columns.length * calibration.columnWidthMetres,
    top: floors * calibration.floorHeightMetres,
  };
}

/** Of each window the chance that it began there. */
function chances(start: { release: Motion; sigmaUp: number; sigmaRight: number }, map: FacadeMap): Place[] {
  const { columns, lowestFloor, highestFloor, floorHeightMetres, columnWidthMetres } = map.calibration;
  const all: Place[] = [];
  for (let floor = lowestFloor; floor <= highestFloor; floor++) {
    const bottom = (floor - lowestFloor) * floorHeightMetres;
    const inFloor = between(bottom, bottom + floorHeightMetres, { mean: start.release.up, sigma: start.sigmaUp });
    if (inFloor < 1e-4) continue;
    for (const [index, unit] of columns.entries()) {
      const left = index * columnWidthMetres;
      const inColumn = between(left, left + columnWidthMetres, { mean: start.release.right, sigma: start.sigmaRight });
      all.push({ floor, unit, probability: inFloor * inColumn });
    }
  }
  return all;
}

function shareOf(places: readonly Place[]): number {
  return places.reduce((sum, place) => sum + place.probability, 0);
}

function likeliest(places: readonly Place[]): Place[] {
  return places
    .map((place) => ({ ...place, probability: Math.round(place.probability * 1000) / 1000 }))
    .sort((a, b) => b.probability - a.probability)
    .filter((place, rank) => rank === 0 || place.probability >= PLACE_PROBABILITY_MIN)
    .slice(0, PLACES_MAX);
}

function between(low: number, high: number, of: { mean: number; sigma: number }): number {
  return normal((high - of.mean) / of.sigma) - normal((low - of.mean) / of.sigma);
}

/** Cumulative normal distribution, logistic approximation (Bowling et al. 2009), error under 0.00014. */
function normal(z: number): number {
  return 1 / (1 + Math.exp(-(0.07056 * z ** 3 + 1.5976 * z)));
}
