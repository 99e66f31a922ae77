/**
 * The text of a claim code: `K7QF-2M9X-…`, seven groups of four of Crockford's base 32, which has no
 * letters that are taken for digits. The first two groups name the claim; the other hundred bits are
 * the secret, of which the hub keeps only the hash.
 */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ID_CHARACTERS = 8;
const SECRET_CHARACTERS = 20;
const GROUP_CHARACTERS = 4;

export interface ClaimCode {
  id: string;
  secret: string;
}

export function newClaimCode(): ClaimCode & { text: string } {
  const characters = [...randomBytes(ID_CHARACTERS + SECRET_CHARACTERS)].map((byte) => ALPHABET[byte & 31]).join('');
  const groups = characters.match(new RegExp(`.{${GROUP_CHARACTERS}}`, 'g')) ?? [];
  return {
    id: characters.slice(0, ID_CHARACTERS),
    secret: characters.slice(ID_CHARACTERS),
    text: groups.join('-'),
  };
}

/** The parts of what somebody typed: case, spaces and hyphens do not matter, O is 0, I and L are 1. */
export function readClaimCode(text: string): ClaimCode | undefined {
  const characters = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (characters.length !== ID_CHARACTERS + SECRET_CHARACTERS) return undefined;
  if (![...characters].every((one) => ALPHABET.includes(one))) return undefined;
  return { id: characters.slice(0, ID_CHARACTERS), secret: characters.slice(ID_CHARACTERS) };
}
