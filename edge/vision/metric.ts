/**
 * What a track is worth as a fall in metres, on a camera whose facade is calibrated: things fall with
 * gravity, drag and wind past windows, where birds, insects, drops and cars would need speeds, winds or
 * a movement that no falling thing has.
 */
import type { FacadeMap } from './calibration.ts';
import { fitPolynomial } from './fit.ts';
import { GRAVITY } from './physics.ts';
import { findOrigin } from './place.ts';
import type { Hit, Track } from './tracker.ts';

/** So many hits, evenly chosen, settle the fit; its time grows with them. */
const HITS_MAX = 40;
/** A misfit of 10 spreads or more is no fall at all. */
const LOG_MISFIT_MAX = Math.log(10);

/**
 * Log-odds to be added to those of the pixel rules: a logistic regression over tracks of calibrated
 * composites, rounded. For a fall: gravity in a smooth track, a beginning at the facade's windows. Against it: a
 * beginning at speed (so it came from elsewhere), or upwards; more than the terminal speed of what
 * people throw on average; a bad fit; a wind that would be needed.
 */
export function metricScore(track: Track, facade: FacadeMap): number {
  const seen = thinned(track);
  const origin = findOrigin(seen, facade);
  if (!origin) return 0;
  const { fit, facadeShare } = origin;
  const { speed, acceleration } = averageOf(seen.hits, facade);
  const misfit = share(Math.log(fit.misfit), 0, LOG_MISFIT_MAX);
  const gravity = share(acceleration, 0, GRAVITY) * (1 - misfit);
  const atSpeed = share(-fit.start.speedUp, 2, 17);
  const upwards = share(fit.start.speedUp, 1.5, 5.5);
  const tooFast = share(speed, 13, 21);
  const wind = share(Math.abs(fit.windMetresPerSecond), 1.5, 5.5);
  return 1.5 * gravity + 1.1 * facadeShare - 1.5 * atSpeed - 1.1 * upwards - tooFast - misfit - 2 * wind;
}

/** Downwards, in metres and seconds: mean speed, and acceleration by a parabola. */
function averageOf(hits: readonly Hit[], facade: FacadeMap): { speed: number; acceleration: number } {
  const startMs = hits[0]?.atMs ?? 0;
  const seconds = hits.map((hit) => (hit.atMs - startMs) / 1000);
  const up = hits.map((hit) => facade.toMetres(hit.x, hit.y).up);
  const curve = fitPolynomial(seconds, up, 2);
  return {
    speed: ((up[0] ?? 0) - (up.at(-1) ?? 0)) / Math.max(0.01, seconds.at(-1) ?? 0),
    acceleration: -2 * (curve?.[2] ?? 0),
  };
}

function thinned(track: Track): Track {
  const { hits } = track;
  if (hits.length <= HITS_MAX) return track;
  const step = (hits.length - 1) / (HITS_MAX - 1);
  return { ...track, hits: Array.from({ length: HITS_MAX }, (_, place) => hits[Math.round(place * step)] as Hit) };
}

/** Where a value lies between two bounds, 0 to 1. */
function share(value: number, low: number, high: number): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}
