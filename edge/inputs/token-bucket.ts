import type { Clock } from '../../core/clock.ts';

/** So many a second on average, so many at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** Holds takers to a rate: beyond it each is told how long to wait. */
export class TokenBucket {
  readonly #clock: Clock;
  #perMs: number;
  #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, { perSecond, burst }: Rate) {
    this.#clock = clock;
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.monotonic();
  }

  setRate({ perSecond, burst }: Rate): void {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = Math.min(this.#tokens, burst);
  }

  /** Takes so many and says how many milliseconds their use has to wait; 0 at once. */
  take(count = 1): number {
    if (this.#tokens < count) {
      const now = this.#clock.monotonic();
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
      this.#filledAt = now;
    }
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }
}
