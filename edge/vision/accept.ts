/**
 * Whether a finished track is a falling object. Hard rules first (enough hits, enough drop, down,
 * smooth), then a confidence from what the verifier said of each hit and from how birds, leaves,
 * insects and rain move. The pixel rules hold for light things at constant speed and for free fall
 * alike, since gravity alone is the wrong gate; where the facade is calibrated, the rules are wider
 * and what the track means in metres counts too (`metric.ts`).
 */
import type { FacadeMap } from './calibration.ts';
import { residual } from './fit.ts';
import { metricScore } from './metric.ts';
import type { Track } from './tracker.ts';

type Refusal =
  | 'few-hits'
  | 'short-drop'
  | 'not-down'
  | 'sideways'
  | 'slow'
  | 'patchy'
  | 'not-smooth'
  | 'brakes'
  | 'large'
  | 'crowd'
  | 'unlikely';

export type Judgement = { accepted: true; confidence: number } | { accepted: false; reason: Refusal };

export interface Crowd {
  /** Those of a like speed. */
  company: number;
  /** Those of the same speed and the same way: drops of one shower. */
  alike: number;
}

export interface JudgeOptions {
  width: number;
  height: number;
  /** Of a calibrated camera. */
  facade?: FacadeMap | undefined;
  /** Counts other well-formed movers beside this one: birds, traffic, rain and leaves come in crowds. */
  crowd(): Crowd;
}

const HITS_MIN = 6;

/** What a track must not break. */
interface Rules {
  /** Share of the picture's height that a fall must cover. */
  dropShareMin: number;
  /** Share of its way that leads down. */
  downShareMin: number;
  /** Light things drift up to 45 degrees. */
  sidewaysMax: number;
  /** Picture heights a second: the slowest drifting bag that was measured keeps 0.11. */
  speedMin: number;
  hitShareMin: number;
  roughnessMax: number;
  /** 0.06 is half a metre where the picture shows eight metres of facade; larger are people, cars and drops on the lens. */
  sizeShareMax: number;
  /** Mean log-odds below this are no sightings at all, however long the track. */
  meanLogOddsMin: number;
  /** A bird that dives pulls out, a leaf floats: the last third of a fall is not much slower than the first. */
  endSpeedRatioMin: number;
}

const PIXEL_RULES: Rules = {
  dropShareMin: 0.15,
  downShareMin: 0.8,
  sidewaysMax: 1.25,
  speedMin: 0.05,
  hitShareMin: 0.45,
  roughnessMax: 1,
  sizeShareMax: 0.06,
  meanLogOddsMin: -0.6,
  endSpeedRatioMin: 0.55,
};
/** Metres tell more than these, so they only keep out what is not worth the fit. */
const METRIC_RULES: Rules = {
  dropShareMin: 0.15,
  downShareMin: 0.7,
  sidewaysMax: 1.4,
  speedMin: 0.03,
  hitShareMin: 0.6,
  roughnessMax: 1.2,
  sizeShareMax: 0.08,
  meanLogOddsMin: Number.NEGATIVE_INFINITY,
  endSpeedRatioMin: Number.NEGATIVE_INFINITY,
};
/** On a calibrated camera two floors are enough, if they are at least this share of the height. */
const TWO_FLOORS_SHARE_MIN = 0.12;
/** From this share of the height on an object begins to be larger than what people throw. */
const SIZE_SHARE_USUAL = 0.045;
/** A track that begins below this share of the height began inside the picture, so from rest. */
const ENTRY_SHARE = 0.08;
const MOVER_WAY_SHARE = 0.08;
const MOVER_HIT_SHARE = 0.6;
/** Less is no fall; from `SURE_FROM` on it is told as one, between them as suspected. */
const CONFIDENCE_MIN = 0.5;
export const SURE_FROM = 0.7;
/** So many others of the same speed and way are a shower, whatever each looks like. */
const ALIKE_MAX = 6;
/** Log-odds that each of the first few others of the same speed and way takes. */
const ALIKE_COST = 0.8;
const ALIKE_COUNTED = 4;
/** How much the pixels' word counts beside that of the metres. */
const PIXEL_SHARE = 0.7;
const METRIC_BIAS = -0.45;

/** Place of the class noise among those other than thrown objects. */
const NOISE = 4;

/** What a track is judged by. */
interface Features {
  meanLogOdds: number;
  /** Of the classes other than thrown objects, in the manifest's order. */
  others: number[];
  hits: number;
  hitShare: number;
  dropShare: number;
  sideways: number;
  /** Picture heights a second. */
  speed: number;
  downShare: number;
  roughness: number;
  sizeShare: number;
  /** Where it begins, as a share of the height. */
  startY: number;
  endSpeedRatio: number;
  quarterSpeedRatio: number;
}

export function judge(track: Track, options: JudgeOptions): Judgement {
  if (track.hits.length < HITS_MIN) return { accepted: false, reason: 'few-hits' };
  const features = measure(track, options);
  const refusal = breaksRule(features, rulesFor(track, options));
  if (refusal) return { accepted: false, reason: refusal };
  const { company, alike } = options.crowd();
  if (alike >= ALIKE_MAX) return { accepted: false, reason: 'crowd' };
  const pixels = pixelScore(features, company) - ALIKE_COST * Math.min(ALIKE_COUNTED, alike);
  const { facade } = options;
  const score = facade ? PIXEL_SHARE * pixels + metricScore(track, facade) + METRIC_BIAS : pixels;
  const confidence = 1 / (1 + Math.exp(-score));
  return confidence >= CONFIDENCE_MIN ? { accepted: true, confidence } : { accepted: false, reason: 'unlikely' };
}

function measure(track: Track, options: JudgeOptions): Features {
  const { hits } = track;
  const first = hits[0];
  const last = hits.at(-1);
  const drop = first && last ? last.y - first.y : 0;
  const seconds = first && last ? (last.atMs - first.atMs) / 1000 : 0;
  const mean = (value: (hit: Track['hits'][number]) => number) =>
    hits.reduce((sum, hit) => sum + value(hit), 0) / Math.max(1, hits.length);
  return {
    meanLogOdds: meanLogOdds(track),
    others: [1, 2, 3, 4, 5].map((index) => mean((hit) => hit.probabilities[index] ?? 0)),
    hits: hits.length,
    hitShare: hits.length / track.frames,
    dropShare: drop / options.height,
    sideways: Math.abs((last?.x ?? 0) - (first?.x ?? 0)) / Math.max(1, drop),
    speed: drop / options.height / Math.max(0.001, seconds),
    downShare: downShare(track),
    roughness: roughness(track),
    sizeShare: medianSize(track) / options.height,
    startY: (first?.y ?? 0) / options.height,
    endSpeedRatio: endSpeedRatio(track, 3),
    quarterSpeedRatio: endSpeedRatio(track, 4),
  };
}

function rulesFor(track: Track, { facade, height }: JudgeOptions): Rules {
  const middle = track.hits[Math.floor(track.hits.length / 2)];
  if (!facade || !middle) return PIXEL_RULES;
  const twoFloors = (2 * facade.calibration.floorHeightMetres) / facade.metresPerPixel(middle.x, middle.y) / height;
  const dropShareMin = Math.min(METRIC_RULES.dropShareMin, Math.max(TWO_FLOORS_SHARE_MIN, twoFloors));
  return { ...METRIC_RULES, dropShareMin };
}

function breaksRule(it: Features, rules: Rules): Refusal | undefined {
  if (it.hitShare < rules.hitShareMin) return 'patchy';
  if (it.sizeShare > rules.sizeShareMax) return 'large';
  if (it.dropShare < rules.dropShareMin) return 'short-drop';
  if (it.sideways > rules.sidewaysMax) return 'sideways';
  if (it.speed < rules.speedMin) return 'slow';
  if (it.downShare < rules.downShareMin) return 'not-down';
  if (it.roughness > rules.roughnessMax) return 'not-smooth';
  if (it.meanLogOdds < rules.meanLogOddsMin) return 'unlikely';
  if (it.endSpeedRatio < rules.endSpeedRatioMin) return 'brakes';
  return undefined;
}

/** Share of the way that leads down. */
function downShare({ hits }: Track): number {
  let down = 0;
  let up = 0;
  for (let index = 1; index < hits.length; index++) {
    const step = (hits[index]?.y ?? 0) - (hits[index - 1]?.y ?? 0);
    if (step > 0) down += step;
    else up -= step;
  }
  return down / Math.max(1, down + up);
}

/** Distance from a smooth curve, in what perspective, drag and the verifier's own error explain. */
function roughness(track: Track): number {
  const { hits } = track;
  const start = hits[0]?.atMs ?? 0;
  const times = hits.map((hit) => (hit.atMs - start) / 1000);
  const allowed = 2 + 0.15 * medianSize(track) + 0.015 * wayPx(track);
  const x = residual(
    times,
    hits.map((hit) => hit.x),
    3,
  );
  const y = residual(
    times,
    hits.map((hit) => hit.y),
    3,
  );
  return Math.hypot(x, y) / allowed;
}

function medianSize({ hits }: Track): number {
  const sizes = hits.map((hit) => hit.sizePx).sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length / 2)] ?? 0;
}

/** Straight from the first hit to the last. */
function wayPx({ hits }: Track): number {
  const first = hits[0];
  const last = hits.at(-1);
  return first && last ? Math.hypot(last.x - first.x, last.y - first.y) : 0;
}

/** Vertical speed of the last part of the track over that of the first; `parts` says how long a part is. */
function endSpeedRatio({ hits }: Track, parts: number): number {
  const part = Math.max(1, Math.floor(hits.length / parts));
  const speed = (from: number, to: number) => {
    const a = hits[from];
    const b = hits[to];
    return a && b && b.atMs > a.atMs ? (b.y - a.y) / (b.atMs - a.atMs) : 0;
  };
  const start = speed(0, part);
  const end = speed(hits.length - 1 - part, hits.length - 1);
  return start <= 0 ? END_SPEED_RATIO_HIGH : Math.min(END_SPEED_RATIO_HIGH, end / start);
}

const END_SPEED_RATIO_HIGH = 10;

/** True for a track that moves on smoothly and surely, whatever it is: what a crowd is made of. */
export function isMover(track: Track, picture: { height: number }): boolean {
  return (
    track.hits.length >= HITS_MIN &&
    track.hits.length >= track.frames * MOVER_HIT_SHARE &&
    wayPx(track) >= picture.height * MOVER_WAY_SHARE &&
    roughness(track) <= 1
  );
}

/**
 * Log-odds: a logistic regression over the tracks of composites that pass the rules, rounded. For it: the
 * mean log-odds of the hits, many of them, without gaps. Against it: a likeness to mere noise, a
 * crowd, an unusual size, and a start at full speed in the middle of the picture, which gliding birds
 * and cars have and things that were let go have not. A way to the side says nothing against it: light
 * things drift up to 45 degrees.
 */
function pixelScore(it: Features, company: number): number {
  const many = bounded((it.hits - HITS_MIN) * 0.12, 1.5);
  const inside = it.startY > ENTRY_SHARE;
  const start = bounded((1 / it.quarterSpeedRatio - (inside ? 0.75 : 1.05)) * 4, 2);
  const size = bounded((it.sizeShare - SIZE_SHARE_USUAL) * 100, 2);
  const noise = it.others[NOISE] ?? 0;
  const unlike = 7 * noise + 0.6 * Math.min(6, company) + 2 * size + 2.5 * start;
  return 1.5 * it.meanLogOdds + 1.8 * many + 2.4 * it.hitShare - unlike - 4.2;
}

function meanLogOdds({ hits }: Track): number {
  return hits.reduce((sum, hit) => sum + logOdds(hit.probabilities[0] ?? 0), 0) / hits.length;
}

function bounded(value: number, high: number): number {
  return Math.min(high, Math.max(0, value));
}

export function logOdds(probability: number): number {
  const bounded = Math.min(0.985, Math.max(0.015, probability));
  return Math.log(bounded / (1 - bounded));
}
