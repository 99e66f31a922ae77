/**
 * A series store over one that can end for good while the program runs. In: how to open one, and which errors are its
 * end. Out: the same store, which opens anew before the next call; what failed meanwhile is for the caller to repeat.
 */
import type { SeriesStore } from './series.ts';

export function reopening(open: () => SeriesStore, isTheEnd: (error: unknown) => boolean): SeriesStore {
  let store = open();
  let hasEnded = false;
  let reopened: Promise<void> | undefined;
  const underWay = new Set<Promise<unknown>>();

  async function ask<T>(call: (store: SeriesStore) => Promise<T>): Promise<T> {
    if (hasEnded) {
      reopened ??= reopen().finally(() => {
        reopened = undefined;
      });
      await reopened;
    }
    const asked = call(store);
    underWay.add(asked);
    try {
      return await asked;
    } catch (error) {
      if (isTheEnd(error)) hasEnded = true;
      throw error;
    } finally {
      underWay.delete(asked);
    }
  }

  /** Two of them on one file would tear it: the old one is closed first, and nobody is left in it. */
  async function reopen(): Promise<void> {
    await Promise.allSettled(underWay);
    await store.stop();
    store = open();
    await store.start();
    hasEnded = false;
  }

  return {
    start: () => store.start(),
    async stop() {
      await reopened?.catch(() => undefined);
      await store.stop();
    },
    append: (mark, rows, options) => ask((one) => one.append(mark, rows, options)),
    query: (query) => ask((one) => one.query(query)),
    prune: (beforeAt) => ask((one) => one.prune(beforeAt)),
    ping: () => ask((one) => one.ping()),
  };
}
