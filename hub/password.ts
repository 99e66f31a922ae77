/** Passwords of people: words that can be guessed, so their hash costs more than that of a device's secret. */
import { randomBytes } from 'node:crypto';
import { hashSecret, verifySecret } from '../core/secret.ts';

const PASSWORD_COST = { N: 2 ** 15, r: 8, p: 1 };
export const PASSWORD_CHARACTERS_MIN = 10;

export function hashPassword(password: string): Promise<string> {
  return hashSecret(password, PASSWORD_COST);
}

let decoy: Promise<string> | undefined;

/** An unknown user costs the same time as a wrong password, so that names cannot be probed. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  decoy ??= hashPassword(randomBytes(16).toString('base64url'));
  const matches = await verifySecret(password, hash ?? (await decoy));
  return hash !== undefined && matches;
}

export function newPassword(): string {
  return randomBytes(12).toString('base64url');
}
