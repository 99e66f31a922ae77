/**
 * One step of the gateway: what it will write, what it will send to the hub, and what it does once
 * that is committed. A step is computed without waiting and written in one transaction, so the
 * memory and the store never disagree about more than the step under way.
 */
import type { Entry, Lane } from '../../core/envelope.ts';
import type { Store, StoredBatch } from '../store.ts';
import type { Outbox } from './outbox.ts';

export interface Work {
  /** Runs inside the transaction. */
  write(run: () => void): void;
  /** Puts an entry on its lane; entries of one step and lane travel in one batch. */
  send(lane: Lane, entry: Entry, span: { fromAt: number; toAt: number; file?: string }): void;
  /** Puts a batch that was made before on its lane again, with a new sequence. */
  sendBatch(lane: Lane, batch: StoredBatch): void;
  /** Runs after the commit. */
  after(run: () => void): void;
}

export interface Steps {
  /** Runs `compute` when every earlier step is committed; resolves when its own is. */
  run<T>(compute: (work: Work) => T): Promise<T>;
  /** Resolves when all steps so far are committed. */
  idle(): Promise<void>;
}

export function createSteps(store: Store, outbox: Outbox): Steps {
  let last: Promise<unknown> = Promise.resolve();

  async function step<T>(compute: (work: Work) => T): Promise<T> {
    const writes: (() => void)[] = [];
    const afters: (() => void)[] = [];
    const letters = outbox.gather();
    const result = compute({
      write: (run) => writes.push(run),
      send: letters.add,
      sendBatch: letters.addBatch,
      after: (run) => afters.push(run),
    });
    const batches = letters.seal();
    if (writes.length > 0 || batches.count > 0) {
      await store.commit(() => {
        for (const write of writes) write();
        batches.write();
      });
    }
    batches.committed();
    for (const run of afters) run();
    return result;
  }

  return {
    run(compute) {
      const next = last.then(() => step(compute));
      last = next.catch(() => {});
      return next;
    },
    async idle() {
      await last;
    },
  };
}
