/** Reads series back from VictoriaMetrics with MetricsQL over the Prometheus query API. */
import { z } from 'zod';
import type { InfluxTarget, SeriesReader } from './influx.ts';
import type { SeriesPoint, SeriesQuery } from './series.ts';

const REQUEST_MS_MAX = 30_000;
const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) }),
    ),
  }),
});
const AGGREGATES = ['min_over_time', 'avg_over_time', 'max_over_time', 'count_over_time'] as const;

export function createVictoriaReader({ url, token }: InfluxTarget): SeriesReader {
  return { query: (query) => queryRange(url, token, query) };
}

/**
 * A range query looks back from each of its instants, over (t - step, t]. Asked at the last
 * millisecond of each bucket it therefore covers exactly [start, start + step).
 */
async function queryRange(url: string, token: string, query: SeriesQuery): Promise<SeriesPoint[]> {
  const { deviceId, field, from, to, stepMs } = query;
  const first = Math.floor(from / stepMs) * stepMs;
  const last = Math.floor((to - 1) / stepMs) * stepMs;
  const parts: SeriesPoint[][] = [];
  // Buckets that the span cuts hold less than their whole step, so they are asked for on their own.
  const wholeFrom = first < from ? first + stepMs : first;
  const wholeTo = last + stepMs > to ? last : last + stepMs;
  if (first < from) parts.push(await ask(first, from, Math.min(first + stepMs, to)));
  if (wholeFrom < wholeTo) parts.push(await askWhole(wholeFrom, wholeTo));
  if (last + stepMs > to && last >= wholeFrom) parts.push(await ask(last, last, to));
  return parts.flat();

  async function askWhole(start: number, end: number): Promise<SeriesPoint[]> {
    return request({ start: start + stepMs - 1, end: end - 1, step: stepMs, window: stepMs, shift: stepMs - 1 });
  }

  async function ask(bucketAt: number, start: number, end: number): Promise<SeriesPoint[]> {
    const window = end - start;
    return request({ start: end - 1, end: end - 1, step: window, window, shift: end - 1 - bucketAt });
  }

  /** `shift`: from the instant that was asked for back to the start of its bucket. */
  async function request(range: { start: number; end: number; step: number; window: number; shift: number }) {
    const names = AGGREGATES.map((name) => `"${name}"`).join(',');
    const selector = `{__name__="linli_${field}",device="${deviceId}"}[${range.window}ms]`;
    const body = new URLSearchParams({
      query: `aggr_over_time((${names}), ${selector})`,
      start: String(range.start / 1000),
      end: String(range.end / 1000),
      step: `${range.step}ms`,
      // Without it the instants are moved to round times and the newest are taken from a cache.
      nocache: '1',
    });
    const answer = await fetch(`${url}/api/v1/query_range`, {
      method: 'POST',
      body,
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    if (!answer.ok) throw new Error(`the series database answers ${answer.status}`);
    return pointsOf(answerSchema.parse(await answer.json()), range.shift);
  }
}

function pointsOf(answer: z.infer<typeof answerSchema>, shift: number): SeriesPoint[] {
  const buckets = new Map<number, Partial<Record<(typeof AGGREGATES)[number], number>>>();
  for (const { metric, values } of answer.data.result) {
    const name = AGGREGATES.find((known) => known === metric.rollup);
    if (!name) continue;
    for (const [seconds, value] of values) {
      const at = Math.round(seconds * 1000) - shift;
      const bucket = buckets.get(at) ?? {};
      bucket[name] = Number(value);
      buckets.set(at, bucket);
    }
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .flatMap(([at, bucket]): SeriesPoint[] => {
      const { min_over_time: min, avg_over_time: avg, max_over_time: max, count_over_time: count } = bucket;
      if (min === undefined || avg === undefined || max === undefined || !count) return [];
      return [[at, min, avg, max, count]];
    });
}
