/**
 * Hashes of device and gateway secrets: `scrypt$N$r$p$salt$hash`, salt and hash in base64url.
 * The cost is low on purpose: these secrets are 160 random bits, not words that people choose, and
 * a gateway checks thousands of them in a reconnect storm. People's passwords need a higher cost,
 * which the format carries: pass it as `cost`.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** A hash from elsewhere may not ask for more than this (128 · N · r bytes of memory). */
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;

export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

const DEVICE_SECRET_COST: ScryptCost = { N: 1024, r: 8, p: 1 };

/** The hash of a secret under a fresh salt; runs in Node's thread pool. */
export async function hashSecret(secret: string, cost: ScryptCost = DEVICE_SECRET_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(secret, salt, cost);
  return `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether the secret has this hash. A malformed or too expensive hash matches nothing; never throws. */
export async function verifySecret(secret: string, hashed: string): Promise<boolean> {
  const match = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]{1,100})\$([\w-]{1,100})$/.exec(hashed);
  if (!match) return false;
  const [, N, r, p, salt = '', expected = ''] = match;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const wanted = Buffer.from(expected, 'base64url');
  if (wanted.length !== HASH_BYTES || 128 * cost.N * cost.r > MEMORY_BYTES_MAX) return false;
  try {
    return timingSafeEqual(await derive(secret, Buffer.from(salt, 'base64url'), cost), wanted);
  } catch {
    return false;
  }
}

function derive(secret: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, HASH_BYTES, { ...cost, maxmem: 2 * MEMORY_BYTES_MAX }, (error, hash) =>
      error ? reject(error) : resolve(hash),
    );
  });
}
