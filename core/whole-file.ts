import { open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For secrets and hashes of secrets. */
const OWNER_ONLY = 0o600;

/**
 * Writes a small file for its owner alone: after a power cut it is there whole, as before, or not at all, and once
 * this resolves it is there. Without it a key could be left as an empty file, and nothing starts with that.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: OWNER_ONLY, flush: true });
  await rename(`${path}.new`, path);
  await flushPath(dirname(path));
}

/** What is written in a file, or the names in a folder, outlive a power cut once this resolves. */
export async function flushPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
