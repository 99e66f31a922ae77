/** The encoding process: takes one job, writes one file, says so, and is ended by who asked for it. */
import { AV_LOG_QUIET, Log } from 'node-av';
import { writeClip } from './clip.ts';
import type { EncodeJob, EncodeMessage } from './encoding.ts';
import { loadFootage } from './footage-file.ts';
import { drawOverlay } from './overlay.ts';

Log.setLevel(AV_LOG_QUIET);

/** Frames from one word of progress to the next. */
const TOLD_EVERY = 25;

async function run({ type, job, stored }: EncodeJob): Promise<EncodeMessage> {
  try {
    const footage = stored && (await loadFootage(stored));
    if (type === 'clip') return { written: await writeClip({ ...job, footage: footage ?? [] }) };
    await drawOverlay({ ...job, footage }, (frames) => {
      if (frames % TOLD_EVERY === 0) tell({ frames });
    });
    return { written: true };
  } catch (error) {
    return { written: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function tell(message: EncodeMessage): void {
  process.send?.(message);
}

process.once('message', (job: EncodeJob) => {
  void run(job).then(tell);
});
process.once('disconnect', () => process.exit(0));
