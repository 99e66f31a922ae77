/**
 * Keeps secrets that the hub must be able to read again (a robot's address, a mail password) from
 * whoever gets hold of the records alone: AES-256-GCM with a key that lies in a file of its own, mode
 * 0600, in the data folder. In: a text and what it belongs to. Out: the sealed text, and back.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { StartError } from '../core/errors.ts';
import { writeWhole } from '../core/whole-file.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** In front of every sealed text; what lacks it was stored before there was a vault. */
const MARK = 'sealed-1:';

export interface Vault {
  /** `owner` is bound to the text: it cannot be put in the place of another. */
  seal(text: string, owner: string): string;
  /** Undefined when it was sealed with another key or for another owner, or has been changed. */
  open(sealed: string, owner: string): string | undefined;
}

/** Makes the key at the first start. Throws StartError when there is a key file that holds no key. */
export async function openVault(keyFile: string): Promise<Vault> {
  const key = await readOrMakeKey(keyFile);
  return {
    seal(text, owner) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return MARK + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed, owner) {
      if (!isSealed(sealed)) return undefined;
      const bytes = Buffer.from(sealed.slice(MARK.length), 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(owner))
        .setAuthTag(tag);
      try {
        const body = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
        return Buffer.concat([body, decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

export function isSealed(text: string): boolean {
  return text.startsWith(MARK);
}

async function readOrMakeKey(keyFile: string): Promise<Buffer> {
  if (!existsSync(keyFile)) await writeWhole(keyFile, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
  // A copy of a backup may have come with another mode.
  await chmod(keyFile, 0o600);
  const key = Buffer.from((await readFile(keyFile, 'utf8')).trim(), 'base64');
  if (key.length !== KEY_BYTES)
    throw new StartError(
      `${keyFile} holds no key of ${KEY_BYTES} bytes: put it back from a backup, or move it away and enter the channels' secrets again`,
    );
  return key;
}
