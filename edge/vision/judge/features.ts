/**
 * What is measured of a track for the judge: what the verifier believed, the shape of the way, how it
 * goes on beyond the track, on a calibrated camera the way in metres, and what else moved. In: a track and
 * what is known around it. Out: the numbers by name.
 */
import type { FacadeMap } from '../../../core/facade.ts';
import { fitPolynomial, polynomialAt } from '../track/fit.ts';
import { boundedRatio, endSpeedRatio, errorAllowedPx, logOdds, medianSize, thinned } from '../track/measure.ts';
import type { Life } from '../track/path.ts';
import { findOrigin } from '../track/place.ts';
import type { Clutter, Crowd } from '../track/surroundings.ts';
import { centreSpread, type Hit, type Track } from '../track/tracker.ts';

export interface Scene {
  width: number;
  height: number;
  facade?: FacadeMap | undefined;
  life: Life;
  crowd: Crowd;
  clutter: Clutter;
}

/** Places of the verifier's classes. */
const [THROWN, BIRD, LEAF, RAIN, FLICKER, NOISE] = [0, 1, 2, 3, 4, 5];
/** So many hits, evenly chosen, settle a curve; its time grows with them. */
const CURVE_HITS_MAX = 40;
const SIDEWAYS_MAX = 5;
/** Two hits before and two behind give the speed at one. */
const SPEED_HITS = 2;
/** A life shorter than this tells no speed. */
const LIFE_SECONDS_MIN = 0.1;
const MISFIT_MAX = 10;
/** Grey levels that noise and compression change by themselves, and pixels. */
const LIGHT_NOISE = 2;
const SIZE_NOISE_PX = 3;

export function featuresOf(track: Track, scene: Scene): Record<string, number> {
  const seen = { ...track, hits: thinned(track.hits, CURVE_HITS_MAX) };
  return {
    ...beliefOf(track.hits, scene.life),
    ...shapeOf(track, seen.hits, scene),
    ...lightOf(track.hits),
    ...lifeOf(track.hits, scene),
    ...(scene.facade && metresOf(seen, scene.facade)),
    ...scene.crowd,
    ...scene.clutter,
  };
}

/** Log-odds of a thrown object over the hits, and what else they look like at their most. */
function beliefOf(hits: readonly Hit[], life: Life) {
  const belief = hits.map(beliefIn).sort((a, b) => a - b);
  const mean = meanOf(belief);
  const whole = [...life.before, ...life.after].map(beliefIn);
  return {
    belief: mean,
    evidence: mean * belief.length,
    beliefMedian: quantile(belief, 0.5),
    beliefUpper: quantile(belief, 0.75),
    beliefTop: quantile(belief, 0.9),
    beliefSpread: spreadOf(belief),
    lifeBelief: meanOf([...belief, ...whole]),
    bird: meanOf(hits.map((hit) => hit.probabilities[BIRD] ?? 0)),
    birdTop: topOf(hits, BIRD),
    leafTop: topOf(hits, LEAF),
    rainTop: topOf(hits, RAIN),
    flicker: meanOf(hits.map((hit) => hit.probabilities[FLICKER] ?? 0)),
    noise: meanOf(hits.map((hit) => hit.probabilities[NOISE] ?? 0)),
  };
}

/** The way in pixels, in shares of the picture's height. */
function shapeOf(track: Track, few: readonly Hit[], { width, height }: Scene) {
  const { hits, frames } = track;
  const [first, last] = endsOf(hits);
  const drop = last.y - first.y;
  const way = Math.hypot(last.x - first.x, drop);
  const size = medianSize(hits);
  const spread = centreSpread(size);
  const times = secondsOf(few);
  const span = Math.max(0.01, times.at(-1) ?? 0);
  const lineX = errorsOf(
    times,
    few.map((hit) => hit.x),
    1,
  );
  const lineY = errorsOf(
    times,
    few.map((hit) => hit.y),
    1,
  );
  const bendY =
    fitPolynomial(
      times,
      few.map((hit) => hit.y),
      2,
    )?.[2] ?? 0;
  const gaps = hits.slice(1).map((hit, place) => (hit.atMs - (hits[place] as Hit).atMs) / 1000);
  return {
    hits: hits.length,
    seconds: span,
    hitShare: hits.length / frames,
    longestGap: Math.max(0, ...gaps),
    drop: drop / height,
    sideways: Math.min(SIDEWAYS_MAX, Math.abs(last.x - first.x) / Math.max(1, drop)),
    sizeShare: size / height,
    startY: first.y / height,
    startEdge: Math.min(first.x, width - first.x) / width,
    endSpeedRatio: endSpeedRatio(track, 3),
    quarterSpeedRatio: endSpeedRatio(track, 4),
    bend: (bendY * span * span) / Math.max(8, way),
    lineError: Math.hypot(rootMeanSquare(lineX), rootMeanSquare(lineY)) / errorAllowedPx(track),
    lineErrorY: rootMeanSquare(lineY) / spread,
    swings:
      signChanges(
        errorsOf(
          times,
          few.map((hit) => hit.y),
          3,
        ),
      ) / Math.max(0.2, span),
    speedError: speedError(hits, frames),
  };
}

/** The thing's own light and size: whether they are its own, and how they change. */
function lightOf(hits: readonly Hit[]) {
  const contrasts = hits.map((hit) => hit.contrast);
  const strength = meanOf(contrasts.map(Math.abs));
  // What changes is told in shares of how much there is to change.
  const scale = LIGHT_NOISE + strength;
  const sizes = hits.map((hit) => Math.log2(hit.sizePx + SIZE_NOISE_PX));
  return {
    contrast: strength,
    contrastSteady: meanOf(contrasts) / (LIGHT_NOISE / 2 + strength),
    contrastSpread: spreadOf(contrasts) / scale,
    contrastJump: jumpOf(contrasts) / scale,
    ownLightSpread: spreadOf(hits.map((hit) => hit.behind + hit.contrast)) / scale,
    sizeSpread: spreadOf(sizes),
    sizeJump: jumpOf(sizes),
  };
}

/** How far from the picture's edge the thing came to be seen and was seen last, and how fast it came. */
function lifeOf(hits: readonly Hit[], { width, height, life }: Scene) {
  const [first, last] = endsOf(hits);
  const edge = ({ x, y }: Hit) => Math.min(x, y, width - x, height - y) / height;
  const before = life.before.at(-1) ?? first;
  const after = life.after.at(-1) ?? last;
  const seconds = (first.atMs - before.atMs) / 1000;
  const speed = (last.y - first.y) / Math.max(0.01, (last.atMs - first.atMs) / 1000);
  return {
    beforeEdge: edge(before),
    afterEdge: edge(after),
    beforeSpeedRatio:
      seconds > LIFE_SECONDS_MIN ? boundedRatio((first.y - before.y) / seconds / Math.max(1, speed)) : 0,
  };
}

/** The way on the facade, metres and seconds, and where it began. */
function metresOf(seen: Track, facade: FacadeMap) {
  const times = secondsOf(seen.hits);
  const span = Math.max(0.01, times.at(-1) ?? 0);
  const points = seen.hits.map((hit) => facade.toMetres(hit.x, hit.y));
  const up = points.map((point) => point.up);
  const right = points.map((point) => point.right);
  const origin = findOrigin(seen, facade);
  return {
    speedDown: ((up[0] ?? 0) - (up.at(-1) ?? 0)) / span,
    speedAside: Math.abs((right.at(-1) ?? 0) - (right[0] ?? 0)) / span,
    accelerationDown: -2 * (fitPolynomial(times, up, 2)?.[2] ?? 0),
    accelerationAside: Math.abs(2 * (fitPolynomial(times, right, 2)?.[2] ?? 0)),
    startUp: up[0] ?? 0,
    endUp: up.at(-1) ?? 0,
    startSpeedUp: origin?.fit.start.speedUp ?? 0,
    startSpeedAside: Math.abs(origin?.fit.start.speedRight ?? 0),
    misfit: Math.min(MISFIT_MAX, origin?.fit.misfit ?? MISFIT_MAX),
    facadeShare: origin?.facadeShare ?? 0,
    windowProbability: origin?.places[0]?.probability ?? 0,
  };
}

/** Of the verifier's speeds against those of the track, in what both may err. */
function speedError(hits: readonly Hit[], frames: number): number {
  const [first, last] = endsOf(hits);
  const frameMs = (last.atMs - first.atMs) / Math.max(1, frames - 1);
  const errors: number[] = [];
  for (let place = 0; place < hits.length; place++) {
    const hit = hits[place] as Hit;
    const before = hits[Math.max(0, place - SPEED_HITS)] as Hit;
    const behind = hits[Math.min(hits.length - 1, place + SPEED_HITS)] as Hit;
    const apart = (behind.atMs - before.atMs) / frameMs;
    if (apart <= 0) continue;
    const vx = (behind.x - before.x) / apart;
    const vy = (behind.y - before.y) / apart;
    errors.push(Math.hypot(hit.vx - vx, hit.vy - vy) / (1.5 + 0.25 * Math.hypot(vx, vy)));
  }
  return meanOf(errors);
}

function secondsOf(hits: readonly Hit[]): number[] {
  const startMs = hits[0]?.atMs ?? 0;
  return hits.map((hit) => (hit.atMs - startMs) / 1000);
}

function errorsOf(times: readonly number[], values: readonly number[], degree: number): number[] {
  const curve = fitPolynomial(times, values, degree);
  return curve ? times.map((time, place) => (values[place] ?? 0) - polynomialAt(curve, time)) : [];
}

function signChanges(values: readonly number[]): number {
  return values.reduce((count, value, place) => count + (value * (values[place - 1] ?? 0) < 0 ? 1 : 0), 0);
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(meanOf(values.map((value) => value * value)));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return rootMeanSquare(values.map((value) => value - mean));
}

/** How far a value lies off the middle of its two neighbours. */
function jumpOf(values: readonly number[]): number {
  const jumps = values
    .slice(1, -1)
    .map((value, place) => value - ((values[place] as number) + (values[place + 2] as number)) / 2);
  return rootMeanSquare(jumps);
}

function beliefIn(hit: Hit): number {
  return logOdds(hit.probabilities[THROWN] ?? 0);
}

function topOf(hits: readonly Hit[], index: number): number {
  return quantile(
    hits.map((hit) => hit.probabilities[index] ?? 0).sort((a, b) => a - b),
    0.9,
  );
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function endsOf(hits: readonly Hit[]): [Hit, Hit] {
  return [hits[0] as Hit, hits.at(-1) as Hit];
}
