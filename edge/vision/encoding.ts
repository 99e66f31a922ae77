/**
 * Encodes video in a short-lived process of its own. The H.264 encoder of FFmpeg's build in node-av
 * leaves a damaged heap behind now and then (measured: one process in four when its objects are
 * collected); in the vision process that would end every camera. Here it can end nothing but itself,
 * after the file is complete, and a second try follows when it ended before.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../core/clock.ts';
import type { ClipJob } from './clip.ts';
import { type StoredFootage, storeFootage } from './footage-file.ts';
import type { OverlayJob } from './overlay.ts';

type ApartJob = { type: 'clip'; clip: ClipJob } | { type: 'overlay'; overlay: OverlayJob };

/** As the process gets it. */
export type EncodeJob =
  | { type: 'clip'; clip: Omit<ClipJob, 'footage'>; footage: StoredFootage }
  | { type: 'overlay'; overlay: OverlayJob };

export interface EncodeResult {
  written: boolean;
  error?: string;
}

const MAIN = fileURLToPath(new URL('./encode.ts', import.meta.url));
const TRIES = 3;
const TIMEOUT_MS = 10 * 60_000;

/** True when the file was written; false when the footage cannot make one. Throws when encoding failed. */
export async function encodeApart(job: ApartJob): Promise<boolean> {
  if (job.type === 'overlay') return repeatedly(job);
  const { footage, ...clip } = job.clip;
  const stored = await storeFootage(footage, `${clip.path}.footage`);
  try {
    return await repeatedly({ type: 'clip', clip, footage: stored });
  } finally {
    await rm(stored.path, { force: true });
  }
}

async function repeatedly(job: EncodeJob): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const result = await runOnce(job);
    if (result?.error) throw new Error(result.error);
    if (result) return result.written;
  }
  throw new Error(`the encoder ended ${TRIES} times before the file was complete`);
}

/** Undefined when the process ended without a word. */
function runOnce(job: EncodeJob): Promise<EncodeResult | undefined> {
  const child: ChildProcess = fork(MAIN, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return new Promise((resolve) => {
    let result: EncodeResult | undefined;
    const timer = systemClock.after(TIMEOUT_MS, () => child.kill('SIGKILL'));
    child.on('message', (message) => {
      result = message as EncodeResult;
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
