/**
 * The recent past of one number, in a fixed number of buckets: small enough to be part of a rule's
 * state whatever the rate of messages, and good enough for a slope. Times are measured times.
 */
interface Bucket {
  /** Start of the bucket. */
  at: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

export type Trend = readonly Bucket[];

const BUCKETS = 32;

/** Takes one value in; buckets that left the window go. */
export function addToTrend(trend: Trend, value: number, at: number, windowMs: number): Trend {
  const width = Math.max(1, Math.ceil(windowMs / BUCKETS));
  const start = Math.floor(at / width) * width;
  const last = trend.at(-1);
  if (last && start < last.at) return trend;
  const kept = trend.filter((bucket) => bucket.at + width > at - windowMs);
  if (last?.at !== start) return [...kept, { at: start, count: 1, sum: value, min: value, max: value }];
  const merged = {
    at: start,
    count: last.count + 1,
    sum: last.sum + value,
    min: Math.min(last.min, value),
    max: Math.max(last.max, value),
  };
  return [...kept.slice(0, -1), merged];
}

export interface Slope {
  perMs: number;
  /** Where the line stands at the newest bucket. */
  level: number;
  /** Share of the variance that the line explains, 0 to 1. */
  fit: number;
  spanMs: number;
  samples: number;
}

/** Least squares over the bucket means; undefined for fewer than three buckets. */
export function slopeOf(trend: Trend): Slope | undefined {
  const first = trend[0];
  const last = trend.at(-1);
  if (!first || !last || trend.length < 3) return undefined;
  const points = trend.map((bucket) => ({ x: bucket.at - last.at, y: bucket.sum / bucket.count }));
  const meanX = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const meanY = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const { x, y } of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
    yy += (y - meanY) ** 2;
  }
  if (xx === 0) return undefined;
  const perMs = xy / xx;
  return {
    perMs,
    level: meanY - perMs * meanX,
    fit: yy === 0 ? 1 : (xy * xy) / (xx * yy),
    spanMs: last.at - first.at,
    samples: trend.reduce((sum, bucket) => sum + bucket.count, 0),
  };
}
