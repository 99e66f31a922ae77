/**
 * Whether a finished track is a falling object. Hard rules first (enough hits, enough drop, down,
 * smooth), then a confidence from what the verifier said of each hit and from how birds, leaves,
 * insects and rain move. Pixel rules only: they hold for light things at constant speed and for
 * free fall alike, since gravity alone is the wrong gate.
 */
import { residual } from './fit.ts';
import type { Track } from './tracker.ts';

export type Refusal =
  | 'few-hits'
  | 'short-drop'
  | 'not-down'
  | 'sideways'
  | 'slow'
  | 'patchy'
  | 'not-smooth'
  | 'brakes'
  | 'unlikely';

export type Judgement = { accepted: true; confidence: number } | { accepted: false; reason: Refusal };

export interface JudgeOptions {
  width: number;
  height: number;
  /** Pixels that the object must fall; two floors when the camera is calibrated. */
  dropPxMin?: number;
  /** Other tracks that live at the same time: rain, snow and leaves come in crowds. */
  crowd: number;
}

const HITS_MIN = 6;
/** Share of the picture's height that a fall must cover. */
export const DROP_SHARE_MIN = 0.15;
const DOWN_SHARE_MIN = 0.8;
/** Light things drift up to 45 degrees. */
const SIDEWAYS_MAX = 1.25;
/** Picture heights a second: the slowest drifting bag that was measured keeps 0.11. */
const SPEED_MIN = 0.05;
const HIT_SHARE_MIN = 0.45;
/** A bird that dives pulls out, a leaf floats: the last third of a fall is not much slower than the first. */
const END_SPEED_RATIO_MIN = 0.55;
export const CONFIDENCE_MIN = 0.5;

export function judge(track: Track, options: JudgeOptions): Judgement {
  const refusal = breaksRule(track, options);
  if (refusal) return { accepted: false, reason: refusal };
  const confidence = confidenceOf(track, options);
  return confidence >= CONFIDENCE_MIN ? { accepted: true, confidence } : { accepted: false, reason: 'unlikely' };
}

function breaksRule(track: Track, options: JudgeOptions): Refusal | undefined {
  const { hits } = track;
  const first = hits[0];
  const last = hits.at(-1);
  if (!first || !last || hits.length < HITS_MIN) return 'few-hits';
  if (hits.length < track.frames * HIT_SHARE_MIN) return 'patchy';
  const drop = last.y - first.y;
  if (drop < (options.dropPxMin ?? options.height * DROP_SHARE_MIN)) return 'short-drop';
  if (Math.abs(last.x - first.x) > drop * SIDEWAYS_MAX) return 'sideways';
  const seconds = (last.atMs - first.atMs) / 1000;
  if (drop / seconds < options.height * SPEED_MIN) return 'slow';
  if (downShare(track) < DOWN_SHARE_MIN) return 'not-down';
  if (roughness(track) > 1) return 'not-smooth';
  if (endSpeedRatio(track) < END_SPEED_RATIO_MIN) return 'brakes';
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
function roughness({ hits }: Track): number {
  const start = hits[0]?.atMs ?? 0;
  const times = hits.map((hit) => (hit.atMs - start) / 1000);
  const sizes = hits.map((hit) => hit.sizePx).sort((a, b) => a - b);
  const sizePx = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const first = hits[0];
  const last = hits.at(-1);
  const way = first && last ? Math.hypot(last.x - first.x, last.y - first.y) : 0;
  const allowed = 2 + 0.15 * sizePx + 0.015 * way;
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

function endSpeedRatio({ hits }: Track): number {
  const third = Math.max(1, Math.floor(hits.length / 3));
  const speed = (from: number, to: number) => {
    const a = hits[from];
    const b = hits[to];
    return a && b && b.atMs > a.atMs ? (b.y - a.y) / (b.atMs - a.atMs) : 0;
  };
  const start = speed(0, third);
  const end = speed(hits.length - 1 - third, hits.length - 1);
  return start <= 0 ? 1 : end / start;
}

/** 0 to 1: the mean log-odds of the hits, more for longer tracks, less in a crowd and for a rough path. */
function confidenceOf(track: Track, options: JudgeOptions): number {
  const { hits } = track;
  const odds = hits.map((hit) => logOdds(hit.probabilities[0] ?? 0));
  const mean = odds.reduce((sum, value) => sum + value, 0) / odds.length;
  const first = hits[0];
  const last = hits.at(-1);
  const dropShare = first && last ? (last.y - first.y) / options.height : 0;
  const lengthBonus = Math.min(1.5, (hits.length - HITS_MIN) * 0.12);
  const dropBonus = Math.min(1, (dropShare - DROP_SHARE_MIN) * 2.5);
  const crowdPenalty = Math.min(4, Math.max(0, options.crowd - 2) * 0.5);
  const score = mean + lengthBonus + dropBonus - roughness(track) - crowdPenalty;
  return 1 / (1 + Math.exp(-score));
}

function logOdds(probability: number): number {
  const bounded = Math.min(0.985, Math.max(0.015, probability));
  return Math.log(bounded / (1 - bounded));
}
