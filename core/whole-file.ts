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
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
