/**
 * How far another machine's clock is from ours, told by when it says it sent something. A message can
 * only be late, never early, so of the newest samples the one that was on its way the shortest counts.
 */
const SAMPLES = 12;

export class ClockSkew {
  /** Ours minus theirs at arrival, ms: the true difference plus the time on the way. */
  #samples: number[] = [];

  /** `theirAt`: when they sent it, by their clock; `ourAt`: when it came, by ours. */
  add(theirAt: number, ourAt: number): void {
    this.#samples.push(ourAt - theirAt);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Add it to an instant of theirs to have it by our clock; 0 while nothing is known. */
  get toOursMs(): number {
    return this.#samples.length === 0 ? 0 : Math.min(...this.#samples);
  }
}
