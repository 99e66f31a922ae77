/**
 * How an object fell, in metres: gravity, quadratic drag against the moving air, constant wind.
 * Fitted to a calibrated track by Levenberg-Marquardt; units are metres and seconds, up is positive.
 */
import { solve } from '../../../core/linear.ts';

export interface Sample {
  seconds: number;
  right: number;
  up: number;
  /** Spread of the measurement. */
  sigmaMetres: number;
}

export interface Motion {
  right: number;
  up: number;
  speedRight: number;
  speedUp: number;
}

export interface FallModel {
  start: Motion;
  /** Drag over mass: 0.01 for a stone or bottle, 0.5 for a bag; terminal speed is sqrt(9.81 / drag). */
  dragPerMetre: number;
  windMetresPerSecond: number;
}

export interface FallFit extends FallModel {
  /** Root mean square of the residuals in spreads: about 1 when the model explains the track. */
  misfit: number;
}

/** Metres per second². */
export const GRAVITY = 9.81;
const STEP_SECONDS = 0.01;
/** A fit over a long fall takes longer steps, so that its time is bounded: such things hardly accelerate. */
const STEPS_MAX = 300;
const ITERATIONS_MAX = 25;
/** Beyond these the numbers stop meaning anything for what people throw out of windows. */
const DRAG_MAX = 3;
const WIND_MAX = 15;

/** Undefined with fewer than six samples: the model has six unknowns. */
export function fitFall(samples: readonly Sample[]): FallFit | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || samples.length < 6 || last.seconds <= first.seconds) return undefined;
  const span = last.seconds - first.seconds;
  let parameters = [
    first.right,
    first.up,
    (last.right - first.right) / span,
    Math.min(0, (last.up - first.up) / span + (GRAVITY * span) / 2),
    0.05,
    0,
  ];
  let error = cost(samples, parameters);
  let damping = 1e-2;
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration++) {
    const step = improve(samples, parameters, damping);
    if (!step) break;
    const candidate = bounded(parameters.map((value, index) => value + (step[index] ?? 0)));
    const candidateError = cost(samples, candidate);
    if (candidateError < error) {
      const gain = error - candidateError;
      parameters = candidate;
      error = candidateError;
      damping = Math.max(1e-6, damping / 4);
      if (gain < 1e-4 * error) break;
    } else {
      damping *= 6;
      if (damping > 1e6) break;
    }
  }
  return { ...toModel(parameters), misfit: Math.sqrt(error / (2 * samples.length)) };
}

/** The motion `seconds` after the start; negative looks back before it. */
export function moveFrom(model: FallModel, seconds: number): Motion {
  let motion = model.start;
  const steps = Math.max(1, Math.ceil(Math.abs(seconds) / STEP_SECONDS));
  for (let step = 0; step < steps; step++) motion = advance(motion, model, seconds / steps);
  return motion;
}

export function advance(motion: Motion, model: FallModel, seconds: number): Motion {
  const air = motion.speedRight - model.windMetresPerSecond;
  const speed = Math.hypot(air, motion.speedUp);
  const speedRight = motion.speedRight - model.dragPerMetre * speed * air * seconds;
  const speedUp = motion.speedUp - (GRAVITY + model.dragPerMetre * speed * motion.speedUp) * seconds;
  return {
    right: motion.right + ((motion.speedRight + speedRight) / 2) * seconds,
    up: motion.up + ((motion.speedUp + speedUp) / 2) * seconds,
    speedRight,
    speedUp,
  };
}

function toModel(parameters: readonly number[]): FallModel {
  const [right = 0, up = 0, speedRight = 0, speedUp = 0, dragPerMetre = 0, windMetresPerSecond = 0] = parameters;
  return { start: { right, up, speedRight, speedUp }, dragPerMetre, windMetresPerSecond };
}

function bounded(parameters: readonly number[]): number[] {
  const [right = 0, up = 0, speedRight = 0, speedUp = 0, drag = 0, wind = 0] = parameters;
  return [
    right,
    up,
    speedRight,
    speedUp,
    Math.min(DRAG_MAX, Math.max(0, drag)),
    Math.min(WIND_MAX, Math.max(-WIND_MAX, wind)),
  ];
}

function residuals(samples: readonly Sample[], parameters: readonly number[]): number[] {
  const model = toModel(parameters);
  const start = samples[0]?.seconds ?? 0;
  const stepSeconds = Math.max(STEP_SECONDS, ((samples.at(-1)?.seconds ?? 0) - start) / STEPS_MAX);
  let motion = model.start;
  let now = start;
  const result: number[] = [];
  for (const sample of samples) {
    const span = sample.seconds - now;
    const steps = Math.max(1, Math.ceil(span / stepSeconds));
    if (span > 0) for (let step = 0; step < steps; step++) motion = advance(motion, model, span / steps);
    now = sample.seconds;
    result.push((motion.right - sample.right) / sample.sigmaMetres, (motion.up - sample.up) / sample.sigmaMetres);
  }
  // What is usual for falling things, so that a short track does not invent a gale or a parachute.
  result.push(
    (model.dragPerMetre - 0.05) / 0.5,
    model.windMetresPerSecond / 3,
    model.start.speedUp > 0 ? model.start.speedUp / 3 : 0,
  );
  return result;
}

function cost(samples: readonly Sample[], parameters: readonly number[]): number {
  return residuals(samples, parameters).reduce((sum, value) => sum + value * value, 0);
}

function improve(samples: readonly Sample[], parameters: readonly number[], damping: number): number[] | undefined {
  const base = residuals(samples, parameters);
  const columns = parameters.map((value, index) => {
    const step = 1e-4 * Math.max(1, Math.abs(value));
    const moved = [...parameters];
    moved[index] = value + step;
    return residuals(samples, moved).map((there, row) => (there - (base[row] ?? 0)) / step);
  });
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, row) => sum + value * (b[row] ?? 0), 0);
  const normal = columns.map((a, i) =>
    columns.map((b, j) => dot(a, b) * (i === j ? 1 + damping : 1) + (i === j ? 1e-9 : 0)),
  );
  return solve(
    normal,
    columns.map((column) => -dot(column, base)),
  );
}
