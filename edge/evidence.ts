/** Evidence files by their SHA-256: what is in the folder is what was seen, and can be shown to be. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { copyFile, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from '../core/alarm.ts';
import { LIMITS } from '../core/limits.ts';
import { flushPath } from '../core/whole-file.ts';

export interface EvidenceFolder {
  /** Moves a file in; undefined when it is gone or larger than evidence may be. */
  take(file: { type: Evidence['type']; mime: string; path: string }, at: number): Promise<Evidence | undefined>;
  /** The bytes; undefined when there is no such evidence. */
  read(sha256: string): Promise<Buffer | undefined>;
  remove(sha256: string): Promise<void>;
}

export function openEvidenceFolder(folder: string): EvidenceFolder {
  mkdirSync(folder, { recursive: true });
  return {
    async take({ type, mime, path }, at) {
      const bytes = await readFile(path).catch(() => undefined);
      if (!bytes || bytes.length > LIMITS.evidenceBytesMax) {
        await rm(path, { force: true });
        return undefined;
      }
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const target = join(folder, sha256);
      await moveFile(path, target);
      await flushPath(target);
      return { id: sha256.slice(0, 32), type, mime, at, bytes: bytes.length, sha256 };
    },
    async read(sha256) {
      // The name comes out of a message: it must be a hash and nothing else.
      if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
      return readFile(join(folder, sha256)).catch(() => undefined);
    },
    async remove(sha256) {
      if (/^[0-9a-f]{64}$/.test(sha256)) await rm(join(folder, sha256), { force: true });
    },
  };
}

/** The detector may write to another file system, where a rename is a copy. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch {
    await copyFile(from, to);
    await rm(from, { force: true });
  }
}
