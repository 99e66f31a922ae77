/** What is measured of a track in pixels, by the judges as well as by the search for its path. */
import { residual } from './fit.ts';
import type { Hit, Track } from './tracker.ts';

const RATIO_MAX = 10;

/** Of its last sight. */
export function endMs({ hits }: Track): number {
  return hits.at(-1)?.atMs ?? 0;
}

export function logOdds(probability: number): number {
  const bounded = Math.min(0.985, Math.max(0.015, probability));
  return Math.log(bounded / (1 - bounded));
}

export function meanLogOdds({ hits }: Track): number {
  return hits.reduce((sum, hit) => sum + logOdds(hit.probabilities[0] ?? 0), 0) / hits.length;
}

/** Share of the way that leads down. */
export function downShare({ hits }: Track): number {
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
export function roughness(track: Track): number {
  const { hits } = track;
  const start = hits[0]?.atMs ?? 0;
  const times = hits.map((hit) => (hit.atMs - start) / 1000);
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
  return Math.hypot(x, y) / errorAllowedPx(track);
}

/** What perspective, drag and the verifier's own error explain. */
export function errorAllowedPx({ hits }: Track): number {
  return 2 + 0.15 * medianSize(hits) + 0.015 * wayPx(hits);
}

export function medianSize(hits: readonly Hit[]): number {
  return median(hits.map((hit) => hit.sizePx));
}

/** Of an even number the upper one; 0 of none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Straight from the first hit to the last. */
export function wayPx(hits: readonly Hit[]): number {
  const first = hits[0];
  const last = hits.at(-1);
  return first && last ? Math.hypot(last.x - first.x, last.y - first.y) : 0;
}

/** Vertical speed of the last part of the track over that of the first; `parts` says how long a part is. */
export function endSpeedRatio({ hits }: Track, parts: number): number {
  const part = Math.max(1, Math.floor(hits.length / parts));
  const speed = (from: number, to: number) => {
    const a = hits[from];
    const b = hits[to];
    return a && b && b.atMs > a.atMs ? (b.y - a.y) / (b.atMs - a.atMs) : 0;
  };
  const start = speed(0, part);
  const end = speed(hits.length - 1 - part, hits.length - 1);
  return start <= 0 ? RATIO_MAX : boundedRatio(end / start);
}

export function boundedRatio(ratio: number): number {
  return Math.min(RATIO_MAX, Math.max(-RATIO_MAX, ratio));
}

/** So many of the hits at most, evenly chosen, the first and the last among them. */
export function thinned(hits: readonly Hit[], most: number): Hit[] {
  if (hits.length <= most) return [...hits];
  const step = (hits.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, place) => hits[Math.round(place * step)] as Hit);
}

/** Where its object was at that time, between two hits in proportion; before the first as there, after the last as there. */
export function positionAt({ hits }: Track, atMs: number): { x: number; y: number } {
  const after = hits.findIndex((hit) => hit.atMs >= atMs);
  const b = hits[after < 0 ? hits.length - 1 : after];
  const a = hits[Math.max(0, (after < 0 ? hits.length : after) - 1)];
  if (!a || !b || b.atMs === a.atMs) return { x: b?.x ?? 0, y: b?.y ?? 0 };
  const share = Math.min(1, Math.max(0, (atMs - a.atMs) / (b.atMs - a.atMs)));
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}
