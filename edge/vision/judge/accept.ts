/**
 * Whether a finished track is a falling object. Hard rules first (enough hits, enough drop, down), then a
 * confidence. It comes from what was measured of the track in pixels, around it, and on a calibrated
 * camera in metres (`features.ts`), by a judge of trees and small nets that was trained on composites. Without
 * a calibration it only knows composites' pixels, so what holds in any picture must be convinced as well: a
 * regression over what the verifier said of each hit and how birds, leaves, insects and rain move; light things at
 * constant speed and free fall count alike there, since gravity in pixels is the wrong gate.
 */

import type { FacadeMap } from '../../../core/facade.ts';
import type { Judge } from '../../../models/run.ts';
import { downShare, endSpeedRatio, meanLogOdds, medianSize, roughness } from '../track/measure.ts';
import type { Life } from '../track/path.ts';
import type { Clutter, Crowd } from '../track/surroundings.ts';
import type { Track } from '../track/tracker.ts';
import { featuresOf } from './features.ts';
import { sumOfTrees } from './forest.ts';
import { sumOfNets } from './nets.ts';
import { sequenceOf } from './sequence.ts';

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

export type Judgement = ({ accepted: true; confidence: number } | { accepted: false; reason: Refusal }) & {
  /** On a calibrated camera: how far the judge's sum is above the bound, whatever the camera has seen lately. */
  margin?: number;
};

/** What is known around a track; each costs something and is asked for only when the rules hold. */
export interface Around {
  crowd(): Crowd;
  clutter(): Clutter;
  life(): Life;
  /** By how much the judge's sum must be higher here; 0 where nothing is taken for falls. */
  nuisance(): number;
}

export interface JudgeOptions {
  width: number;
  height: number;
  /** With a facade that of calibrated cameras, without one the other. */
  judge: Judge;
  facade?: FacadeMap | undefined;
  around: Around;
}

const HITS_MIN = 6;

/** What a track must not break. */
interface Rules {
  /** Share of the picture's height that a fall must cover. */
  dropShareMin: number;
  /** Share of its way that leads down. */
  downShareMin: number;
  /** Light things drift up to 45 degrees over their whole way, and up to 60 in what may be seen of it. */
  sidewaysMax: number;
  /** Picture heights a second: a sheet of paper sinks at 1.2 m/s, and a picture shows up to 40 m of a facade. */
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
  downShareMin: 0.65,
  sidewaysMax: 1.75,
  speedMin: 0.03,
  hitShareMin: 0.45,
  roughnessMax: 1.6,
  sizeShareMax: 0.06,
  meanLogOddsMin: -0.6,
  endSpeedRatioMin: 0.55,
};
/** The judge knows better than any bound; these only keep out what is not worth their measures. */
const CALIBRATED_RULES: Rules = {
  dropShareMin: 0.1,
  downShareMin: 0.6,
  sidewaysMax: Number.POSITIVE_INFINITY,
  speedMin: 0,
  hitShareMin: 0.3,
  roughnessMax: Number.POSITIVE_INFINITY,
  sizeShareMax: 0.1,
  meanLogOddsMin: -2,
  endSpeedRatioMin: Number.NEGATIVE_INFINITY,
};
/** From this share of the height on an object begins to be larger than what people throw. */
const SIZE_SHARE_USUAL = 0.045;
/** A track that begins below this share of the height began inside the picture, so from rest. */
const ENTRY_SHARE = 0.08;
/** Less is no fall; from `SURE_FROM` on it is told as one, between them as suspected. */
const CONFIDENCE_MIN = 0.5;
export const SURE_FROM = 0.7;
const SURE_LOG_ODDS = Math.log(SURE_FROM / (1 - SURE_FROM));
/** So many others of the same speed and way are a shower, whatever each looks like. */
const ALIKE_MAX = 6;
/** Log-odds that each of the first few others of the same speed and way takes. */
const ALIKE_COST = 0.8;
const ALIKE_COUNTED = 4;

/** Place of the class noise among those other than thrown objects. */
const NOISE = 4;

/** What a track is judged by without a calibration. */
interface Measures {
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

/** True when the track is worth a judgement on a calibrated camera. */
export function keepsRules(track: Track, options: JudgeOptions): boolean {
  return track.hits.length >= HITS_MIN && breaksRule(measure(track, options), CALIBRATED_RULES) === undefined;
}

export function judge(track: Track, options: JudgeOptions): Judgement {
  if (track.hits.length < HITS_MIN) return { accepted: false, reason: 'few-hits' };
  const { facade, around } = options;
  const measures = measure(track, options);
  const refusal = breaksRule(measures, facade ? CALIBRATED_RULES : PIXEL_RULES);
  if (refusal) return { accepted: false, reason: refusal };
  if (facade) {
    const margin = marginOf(track, options, around.crowd());
    return { ...judgementOf(scaled(margin - around.nuisance(), options.judge)), margin };
  }
  const crowd = around.crowd();
  const { company, alike } = crowd;
  if (alike >= ALIKE_MAX) return { accepted: false, reason: 'crowd' };
  const score = pixelScore(measures, company) - ALIKE_COST * Math.min(ALIKE_COUNTED, alike);
  // The judge costs more and is asked last.
  return judgementOf(score < 0 ? score : Math.min(score, scaled(marginOf(track, options, crowd), options.judge)));
}

function judgementOf(score: number): Judgement {
  const confidence = 1 / (1 + Math.exp(-score));
  return confidence >= CONFIDENCE_MIN ? { accepted: true, confidence } : { accepted: false, reason: 'unlikely' };
}

/** How far the judge's sum is above the bound from which a track is told. */
function marginOf(track: Track, { width, height, facade, judge, around }: JudgeOptions, crowd: Crowd): number {
  const scene = { width, height, facade, life: around.life(), crowd, clutter: around.clutter() };
  const features = featuresOf(track, scene);
  const values = judge.features.map((name) => features[name] ?? 0);
  const ofNets = judge.nets ? sumOfNets(judge.nets, values, sequenceOf(track, scene)) : 0;
  return sumOfTrees(judge.trees, values) + ofNets - judge.told;
}

/** Log-odds in which 0 and those of `SURE_FROM` are where the training put the two bounds. */
function scaled(margin: number, { told, sure }: Judge): number {
  return (margin / (sure - told)) * SURE_LOG_ODDS;
}

function measure(track: Track, options: JudgeOptions): Measures {
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
    sizeShare: medianSize(track.hits) / options.height,
    startY: (first?.y ?? 0) / options.height,
    endSpeedRatio: endSpeedRatio(track, 3),
    quarterSpeedRatio: endSpeedRatio(track, 4),
  };
}

function breaksRule(it: Measures, rules: Rules): Refusal | undefined {
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

/**
 * Log-odds: a logistic regression over the tracks of composites that pass the rules, rounded, and made
 * milder by 0.7 since the judge was asked as well. For it: the
 * mean log-odds of the hits, many of them, without gaps. Against it: a likeness to mere noise, a
 * crowd, an unusual size, and a start at full speed in the middle of the picture, which gliding birds
 * and cars have and things that were let go have not. A way to the side says nothing against it: light
 * things drift up to 45 degrees.
 */
function pixelScore(it: Measures, company: number): number {
  const many = bounded((it.hits - HITS_MIN) * 0.12, 1.5);
  const inside = it.startY > ENTRY_SHARE;
  const start = bounded((1 / it.quarterSpeedRatio - (inside ? 0.75 : 1.05)) * 4, 2);
  const size = bounded((it.sizeShare - SIZE_SHARE_USUAL) * 100, 2);
  const noise = it.others[NOISE] ?? 0;
  const unlike = 7 * noise + 0.6 * Math.min(6, company) + 2 * size + 2.5 * start;
  return 1.5 * it.meanLogOdds + 1.8 * many + 2.4 * it.hitShare - unlike - 3.5;
}

function bounded(value: number, high: number): number {
  return Math.min(high, Math.max(0, value));
}
