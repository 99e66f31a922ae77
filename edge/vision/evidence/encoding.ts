/**
 * Encodes video in a short-lived process of its own. The H.264 encoder of FFmpeg's build in node-av
 * leaves a damaged heap behind now and then (measured: one process in four when its objects are
 * collected); in the vision process that would end every camera. Here it can end nothing but itself,
 * after the file is complete, and a second try follows when it ended before.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../core/clock.ts';
import type { ClipJob } from './clip.ts';
import { type StoredFootage, storeFootage } from './footage-file.ts';
import type { Footage } from './footage-ring.ts';
import type { OverlayJob } from './overlay.ts';

/** What to make, but for the footage. */
type Task = { type: 'clip'; job: Omit<ClipJob, 'footage'> } | { type: 'overlay'; job: Omit<OverlayJob, 'footage'> };

/** As the process gets it. */
export type EncodeJob = Task & { stored: StoredFootage | undefined };

/** What the process says: how far it is, and once how it ended. */
export type EncodeMessage = { frames: number } | EncodeResult;

interface EncodeResult {
  written: boolean;
  error?: string;
}

interface ApartOptions {
  footage?: readonly Footage[] | undefined;
  onProgress?: ((frames: number) => void) | undefined;
}

const MAIN = fileURLToPath(new URL('./encode.ts', import.meta.url));
const TRIES = 3;
/** A process that says nothing for so long hangs. */
const SILENCE_MS = 10 * 60_000;

/** True when the file was written; false when the footage cannot make one. Throws when encoding failed. */
export async function encodeApart(task: Task, { footage, onProgress }: ApartOptions): Promise<boolean> {
  const stored = footage && (await storeFootage(footage, `${task.job.path}.footage`));
  try {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const result = await runOnce({ ...task, stored }, onProgress);
      if (result?.error) throw new Error(result.error);
      if (result) return result.written;
    }
    throw new Error(`the encoder ended ${TRIES} times before the file was complete`);
  } finally {
    if (stored) await rm(stored.path, { force: true });
  }
}

/** Undefined when the process ended without a word. */
function runOnce(job: EncodeJob, onProgress: ApartOptions['onProgress']): Promise<EncodeResult | undefined> {
  const child: ChildProcess = fork(MAIN, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return new Promise((resolve) => {
    let result: EncodeResult | undefined;
    const watch = () => systemClock.after(SILENCE_MS, () => child.kill('SIGKILL'));
    let timer = watch();
    child.on('message', (said) => {
      const message = said as EncodeMessage;
      if ('frames' in message) {
        timer.cancel();
        timer = watch();
        onProgress?.(message.frames);
        return;
      }
      result = message;
      child.kill('SIGKILL');
    });
    child.on('error', () => resolve(result));
    child.on('exit', () => {
      timer.cancel();
      resolve(result);
    });
    child.send(job);
  });
}
