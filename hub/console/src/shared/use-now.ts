/** The present, refreshed often enough for ages to be true; one timer serves every user of the same pace. */
import { useSyncExternalStore } from 'react';

interface Ticker {
  now: number;
  listeners: Set<() => void>;
  timer: ReturnType<typeof setInterval> | undefined;
}

/** Key: pace in milliseconds. */
const tickers = new Map<number, Ticker>();

export function useNow(paceMs = 1_000): number {
  return useSyncExternalStore(
    (listener) => subscribe(paceMs, listener),
    () => tickerOf(paceMs).now,
  );
}

function tickerOf(paceMs: number): Ticker {
  const ticker = tickers.get(paceMs) ?? { now: Date.now(), listeners: new Set<() => void>(), timer: undefined };
  tickers.set(paceMs, ticker);
  // Nobody has kept it fresh while it had no listener.
  if (ticker.timer === undefined && Date.now() - ticker.now > paceMs) ticker.now = Date.now();
  return ticker;
}

function subscribe(paceMs: number, listener: () => void): () => void {
  const ticker = tickerOf(paceMs);
  ticker.listeners.add(listener);
  ticker.timer ??= setInterval(() => {
    ticker.now = Date.now();
    for (const call of ticker.listeners) call();
  }, paceMs);
  return () => {
    ticker.listeners.delete(listener);
    if (ticker.listeners.size > 0) return;
    clearInterval(ticker.timer);
    ticker.timer = undefined;
  };
}
