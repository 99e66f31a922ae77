/** A gateway cannot keep anything on a disk that takes nothing, so it waits for one that does, and says why. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../core/clock.ts';
import { StartError } from '../core/errors.ts';

const AGAIN_AFTER_MS = 2_000;
/** What a repair of the disk mends while the gateway waits; anything else is the configuration's fault. */
const PASSING: Readonly<Record<string, string>> = {
  EROFS: 'the disk is read-only: look for its faults, then mount it writable',
  EIO: 'the disk reports faults: replace it',
  ENOSPC: 'the disk is full: make room',
};

export async function untilWritable(folder: string, tools: { clock: Clock; say(line: string): void }): Promise<void> {
  for (let said = ''; ; ) {
    const code = await tryWrite(folder);
    if (code === undefined) {
      if (said !== '') tools.say(`dataDir: ${folder} can be written again`);
      return;
    }
    const cure = PASSING[code];
    if (cure === undefined)
      throw new StartError(`dataDir: ${folder} cannot be written (${code}): give it to the user that runs the gateway`);
    if (code !== said)
      tools.say(`dataDir: ${folder} cannot be written (${code}), ${cure}; the gateway starts when it can`);
    said = code;
    await sleep(tools.clock, AGAIN_AFTER_MS);
  }
}

/** The code of the error, if any. */
async function tryWrite(folder: string): Promise<string | undefined> {
  const probe = join(folder, '.writable');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, 'x', { flush: true });
    await rm(probe);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
