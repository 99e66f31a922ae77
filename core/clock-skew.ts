/**
 * How far another machine's clock is from ours, told by when it says it sent something. A message can
 * only be late, never early, so of the newest samples the one that was on its way the shortest counts.
 */
const SAMPLES = 12;
/** Less than this is the way between the two and the drift of a good clock: nothing is corrected by it. */
const CORRECTED_MS_MIN = 2_000;

export class ClockSkew {
  /** Ours minus theirs at arrival, ms: the true difference plus the time on the way. */
  #samples: number[] = [];
  #settledMs: number;

  /** `settledMs`: what was settled before a restart. */
  constructor(settledMs = 0) {
    this.#settledMs = settledMs;
  }

  /** `theirAt`: when they sent it, by their clock; `ourAt`: when it came, by ours. */
  add(theirAt: number, ourAt: number): void {
    this.#samples.push(ourAt - theirAt);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    const measured = this.toOursMs;
    if (Math.abs(measured - this.#settledMs) < CORRECTED_MS_MIN) return;
    this.#settledMs = Math.abs(measured) < CORRECTED_MS_MIN ? 0 : measured;
  }

  /** As measured: add it to an instant of theirs to have it by our clock; 0 while nothing is known. */
  get toOursMs(): number {
    return this.#samples.length === 0 ? 0 : Math.min(...this.#samples);
  }

  /** What comparisons are corrected by: 0 for clocks that agree, and the same until a clock was set. */
  get settledMs(): number {
    return this.#settledMs;
  }
}
