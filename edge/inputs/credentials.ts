/**
 * Who may log in. A secret that was verified once is remembered as a keyed digest, so that a
 * reconnect storm of thousands of devices costs a digest each and no scrypt. Failed logins of one
 * address or one user name make the next ones wait longer and longer.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { sleep } from '../../core/clock.ts';
import type { RegisteredDevice } from '../../core/device.ts';
import { hashSecret, verifySecret } from '../../core/secret.ts';

/** scrypt runs in Node's thread pool, which the journal's flushes need too: never more than this at a time. */
const VERIFICATIONS_MAX = 2;
const WINDOW_MS = 60_000;
const WAIT_MS_MAX = 15_000;
/** Addresses and names that are watched at a time; the oldest is forgotten. */
const WATCHED_MAX = 10_000;

export interface Credentials {
  /** The hash that the secret has, or undefined. */
  verify(device: RegisteredDevice | undefined, secret: string): Promise<string | undefined>;
  /** Whether the secret is remembered as right, without scrypt. */
  remembered(device: RegisteredDevice, secret: string): string | undefined;
  forget(deviceId: string): void;
}

export function createCredentials(): Credentials {
  const key = randomBytes(32);
  /** Device id → digest of its secret and the hash that it matched. */
  const known = new Map<string, { digest: Buffer; hash: string }>();
  const gate = new Gate(VERIFICATIONS_MAX);
  /** An unknown device costs as much time as a known one: nobody can probe for ids. */
  const nobody = hashSecret(randomBytes(20).toString('base64url'));
  const digestOf = (secret: string) => createHmac('sha256', key).update(secret).digest();

  const remembered = (device: RegisteredDevice, secret: string) => {
    const entry = known.get(device.id);
    if (!entry || !device.secretHashes.includes(entry.hash)) return undefined;
    return timingSafeEqual(entry.digest, digestOf(secret)) ? entry.hash : undefined;
  };
  return {
    remembered,
    forget: (deviceId) => known.delete(deviceId),
    async verify(device, secret) {
      const hashes = device?.secretHashes.length ? device.secretHashes : [await nobody];
      for (const hash of hashes) {
        if (!(await gate.run(() => verifySecret(secret, hash)))) continue;
        if (device) known.set(device.id, { digest: digestOf(secret), hash });
        return hash;
      }
      return undefined;
    },
  };
}

/** Lets a bounded number of tasks run; the others wait in order. */
class Gate {
  readonly #max: number;
  #running = 0;
  #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** Failed logins within the last minute, by a key: the name that was tried, or the address it came from. */
export class LoginGuard {
  readonly #failures = new Map<string, { count: number; since: number }>();
  readonly #clock: Clock;
  /** Beyond it the next ones wait. */
  failuresMax: number;

  constructor(clock: Clock, failuresMax: number) {
    this.#clock = clock;
    this.failuresMax = failuresMax;
  }

  failed(key: string): void {
    const now = this.#clock.monotonic();
    const entry = this.#failures.get(key);
    this.#failures.delete(key);
    const fresh = entry !== undefined && now - entry.since < WINDOW_MS;
    this.#failures.set(key, fresh ? { ...entry, count: entry.count + 1 } : { count: 1, since: now });
    if (this.#failures.size > WATCHED_MAX) this.#failures.delete(this.#failures.keys().next().value ?? '');
  }

  /** Waits as long as the key has to: doubling from one second once the limit is passed. True when it had to. */
  async wait(key: string): Promise<boolean> {
    const waitMs = this.#waitMs(key);
    if (waitMs > 0) await sleep(this.#clock, waitMs);
    return waitMs > 0;
  }

  #waitMs(key: string): number {
    const entry = this.#failures.get(key);
    if (!entry || this.#clock.monotonic() - entry.since >= WINDOW_MS) return 0;
    const over = entry.count - this.failuresMax + 1;
    return over > 0 ? Math.min(WAIT_MS_MAX, 1_000 * 2 ** (over - 1)) : 0;
  }
}
