/** The encoding process: takes one job, writes one file, says so, and is ended by who asked for it. */
import { AV_LOG_QUIET, Log } from 'node-av';
import { writeClip } from './clip.ts';
import type { EncodeJob, EncodeResult } from './encoding.ts';
import { loadFootage } from './footage-file.ts';
import { drawOverlay } from './overlay.ts';

Log.setLevel(AV_LOG_QUIET);

async function run(job: EncodeJob): Promise<EncodeResult> {
  try {
    if (job.type === 'clip')
      return { written: await writeClip({ ...job.clip, footage: await loadFootage(job.footage) }) };
    await drawOverlay(job.overlay);
    return { written: true };
  } catch (error) {
    return { written: false, error: error instanceof Error ? error.message : String(error) };
  }
}

process.once('message', (job: EncodeJob) => {
  void run(job).then((result) => process.send?.(result));
});
process.once('disconnect', () => process.exit(0));
