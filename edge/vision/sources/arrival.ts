/**
 * Steady times for frames that arrive unsteadily. Networks deliver in bursts; a tracker that took
 * arrival for exposure would see objects jump. Locks on to the camera's own period.
 */
export interface ArrivalClock {
  /** Time of exposure, as far as it can be known, of the frame that arrived at `nowMs`. Always rises. */
  frameAt(nowMs: number): number;
  /** Frames a second of the camera. */
  fps(): number;
}

const PERIOD_MS_FIRST = 80;
const PERIOD_MS_MIN = 8;
const PERIOD_MS_MAX = 2_000;
/** A difference of more periods than this is a new beginning. */
const PERIODS_OFF_MAX = 12;

export function createArrivalClock(): ArrivalClock {
  let frames = 0;
  let firstMs = 0;
  let lastMs = 0;
  let arrivedMs = 0;
  let periodMs = PERIOD_MS_FIRST;
  return {
    frameAt(nowMs) {
      frames += 1;
      if (frames === 1 || nowMs - arrivedMs > periodMs * PERIODS_OFF_MAX || nowMs < arrivedMs) {
        frames = 1;
        firstMs = nowMs;
        arrivedMs = nowMs;
        lastMs = Math.max(nowMs, lastMs + 1);
        return lastMs;
      }
      arrivedMs = nowMs;
      // The mean period since the beginning is steadier than any single difference.
      const meanMs = (nowMs - firstMs) / (frames - 1);
      const share = Math.max(0.02, 1 / frames);
      periodMs = clamped(periodMs + (meanMs - periodMs) * share, PERIOD_MS_MIN, PERIOD_MS_MAX);
      if (frames < 20) periodMs = clamped(meanMs, PERIOD_MS_MIN, PERIOD_MS_MAX);
      // Jitter of most of a period is usual; only what is clearly late had a frame before it that was lost.
      const steps = Math.max(1, Math.round((nowMs - lastMs) / periodMs - 0.4));
      const predictedMs = lastMs + steps * periodMs;
      lastMs = Math.max(lastMs + periodMs * 0.3, predictedMs + (nowMs - predictedMs) * 0.1);
      if (frames > 3000) {
        firstMs += (nowMs - firstMs) / 2;
        frames = Math.round(frames / 2);
      }
      return lastMs;
    },
    fps: () => 1000 / periodMs,
  };
}

function clamped(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
