import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Makes ids that sort by time: 9 characters of time, 13 of randomness, base 32 (a-z 0-9). */
export type NewId = () => string;

export function idMaker(clock: Clock, random: (size: number) => Uint8Array = randomBytes): NewId {
  return () => {
    const time = clock.now().toString(32).padStart(9, '0');
    const noise = Array.from(random(13), (byte) => (byte & 31).toString(32)).join('');
    return time + noise;
  };
}

/** A secret of 160 random bits that is easy to copy. */
export function newSecret(): string {
  return randomBytes(20).toString('base64url');
}
