/** Slows guessing: failed logins are counted per address and per user name; success forgives the name. */
import type { Clock } from '../../core/clock.ts';

const WINDOW_MS = 60_000;
const FAILURES_PER_NAME_MAX = 5;
const FAILURES_PER_ADDRESS_MAX = 20;
const KEYS_MAX = 10_000;

export interface LoginLimit {
  /** How long this caller has to wait; 0 when it may try. */
  waitMs(address: string, username: string): number;
  failed(address: string, username: string): void;
  succeeded(username: string): void;
}

export function createLoginLimit(clock: Clock): LoginLimit {
  /** `a:` address or `n:` name → when its window ends and how often it failed in it. */
  const failures = new Map<string, { endsAt: number; count: number }>();

  return {
    waitMs: (address, username) =>
      Math.max(left(`a:${address}`, FAILURES_PER_ADDRESS_MAX), left(`n:${username}`, FAILURES_PER_NAME_MAX)),
    failed(address, username) {
      for (const key of [`a:${address}`, `n:${username}`]) count(key);
    },
    succeeded: (username) => void failures.delete(`n:${username}`),
  };

  function left(key: string, max: number): number {
    const entry = failures.get(key);
    if (!entry || entry.count < max) return 0;
    return Math.max(0, entry.endsAt - clock.now());
  }

  function count(key: string): void {
    const now = clock.now();
    const entry = failures.get(key);
    if (entry && entry.endsAt > now) {
      entry.count += 1;
      return;
    }
    failures.delete(key);
    failures.set(key, { endsAt: now + WINDOW_MS, count: 1 });
    const oldest = failures.keys().next().value;
    if (failures.size > KEYS_MAX && oldest !== undefined) failures.delete(oldest);
  }
}
