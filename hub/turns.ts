/**
 * Tasks one after another, the urgent ones first: what is about life safety must not wait behind a
 * flood of the rest. Tasks of one urgency keep their order.
 */
export interface Turns {
  /** Runs the task when its turn comes; rejects with its fault, and the next one goes on. */
  take(run: () => Promise<void>, options?: { urgent?: boolean }): Promise<void>;
  /** Resolves when nothing is left. */
  settled(): Promise<void>;
}

export function createTurns(): Turns {
  const urgent: (() => Promise<void>)[] = [];
  const others: (() => Promise<void>)[] = [];
  let working: Promise<void> | undefined;

  return {
    take(run, options = {}) {
      const done = new Promise<void>((resolve, reject) => {
        (options.urgent ? urgent : others).push(() => run().then(resolve, reject));
      });
      working ??= work();
      return done;
    },
    async settled() {
      while (working) await working;
    },
  };

  async function work(): Promise<void> {
    // A turn later, so that `working` is set before the first task can ask for it.
    await undefined;
    for (let next = urgent.shift() ?? others.shift(); next; next = urgent.shift() ?? others.shift()) await next();
    working = undefined;
  }
}
