/** Evidence as files: `evidence/ab/abcdef…`, written beside and renamed, so that a file with its name is whole. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvidenceStore } from './evidence.ts';

export function createFileEvidence(folder: string): EvidenceStore {
  const fileOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256);
  let count = 0;

  return {
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    },
    async put(sha256, bytes) {
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) return 'wrong-hash';
      const file = fileOf(sha256);
      if ((await sizeOf(file)) === bytes.length) return 'kept';
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      count += 1;
      const beside = `${file}.${process.pid}-${count}.part`;
      const handle = await open(beside, 'wx', 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, file);
      return 'kept';
    },
    async open(sha256, range) {
      const bytes = await sizeOf(fileOf(sha256));
      if (bytes === undefined) return undefined;
      return { bytes, stream: createReadStream(fileOf(sha256), range) };
    },
    has: async (sha256) => (await sizeOf(fileOf(sha256))) !== undefined,
    remove: (sha256) => rm(fileOf(sha256), { force: true }),
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
