/**
 * Time as a value that is handed in. The only file that may touch Date and timers.
 * Instants are epoch milliseconds (UTC), spans are milliseconds.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds (UTC). */
  now(): number;
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; a delay beyond 24 days is cut into legs. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` every `periodMs` until cancelled. Does not keep the process alive. */
  every(periodMs: number, run: () => void): Timer;
}

/** Node's own limit of a timer: 2^31 - 1 ms; longer delays would fire at once. */
const LEG_MS_MAX = 2_147_000_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    let left = Math.max(0, delayMs);
    let handle: NodeJS.Timeout;
    const leg = () => {
      const span = Math.min(left, LEG_MS_MAX);
      left -= span;
      handle = setTimeout(left > 0 ? leg : run, span);
    };
    leg();
    return { cancel: () => clearTimeout(handle) };
  },
  every(periodMs, run) {
    const handle = setInterval(run, periodMs);
    handle.unref?.();
    return { cancel: () => clearInterval(handle) };
  },
};

/**
 * Lets sockets and other callers have their turn. A store in this process answers without ever leaving
 * the event loop's present turn, so a long row of its queries would hold up everything else.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves after `delayMs` on the given clock, or at once when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener('abort', done);
  });
}

/** A clock that moves only when told: tests and the replay of recorded history run on it. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  #due: { at: number; order: number; run: () => void; periodMs?: number }[] = [];

  constructor(startAt = 0) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#schedule({ at: this.#now + Math.max(0, delayMs), order: this.#order++, run });
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#schedule({ at: this.#now + periodMs, order: this.#order++, run, periodMs });
  }

  /** Moves to `at`, running every timer that falls due on the way, in order. */
  advanceTo(at: number): void {
    for (;;) {
      const next = this.#due.filter((entry) => entry.at <= at).sort(byDue)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.periodMs === undefined) this.#due = this.#due.filter((entry) => entry !== next);
      else next.at += next.periodMs;
      next.run();
    }
    this.#now = Math.max(this.#now, at);
  }

  advanceBy(spanMs: number): void {
    this.advanceTo(this.#now + spanMs);
  }

  #schedule(entry: { at: number; order: number; run: () => void; periodMs?: number }): Timer {
    this.#due.push(entry);
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== entry);
      },
    };
  }
}

function byDue(a: { at: number; order: number }, b: { at: number; order: number }): number {
  return a.at - b.at || a.order - b.order;
}
