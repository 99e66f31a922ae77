/** Waiting times that double up to a limit, each with jitter: a street of gateways must not come back in step. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #tries = 0;

  constructor({ firstMs, maxMs, random }: { firstMs: number; maxMs: number; random: () => number }) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  reset(): void {
    this.#tries = 0;
  }

  nextMs(): number {
    const fullMs = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 30);
    return fullMs / 2 + (fullMs / 2) * this.#random();
  }
}
