/** What a run sent, what was acknowledged, and how long the acknowledgements took. */
const SAMPLES_MAX = 200_000;

export interface Stats {
  sent: number;
  acked: number;
  failed: number;
  /** Measured while there was no connection, so never sent. */
  missed: number;
  /** Milliseconds from publish to PUBACK; the newest SAMPLES_MAX. */
  note(latencyMs: number): void;
  /** The latency that this share (0 to 1) of the samples does not exceed; null without samples. */
  percentile(share: number): number | null;
}

export function makeStats(): Stats {
  const samples: number[] = [];
  let next = 0;
  return {
    sent: 0,
    acked: 0,
    failed: 0,
    missed: 0,
    note(latencyMs) {
      samples[next] = latencyMs;
      next = (next + 1) % SAMPLES_MAX;
    },
    percentile(share) {
      if (samples.length === 0) return null;
      const sorted = Float64Array.from(samples).sort();
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
    },
  };
}

/** One line for people. */
export function statsLine(stats: Stats, spanMs: number): string {
  const show = (ms: number | null) => (ms === null ? '-' : `${ms.toFixed(1)} ms`);
  const rate = spanMs > 0 ? (stats.acked / (spanMs / 1000)).toFixed(1) : '-';
  return (
    `sent ${stats.sent}, acknowledged ${stats.acked} (${rate}/s), failed ${stats.failed}, missed ${stats.missed}, ` +
    `PUBACK p50 ${show(stats.percentile(0.5))} p99 ${show(stats.percentile(0.99))}`
  );
}
