/**
 * `npm run detect -- INPUT [--json] [--overlay OUT.mp4] [--fps N]`: the high-throw detector on its own.
 * INPUT is a video file, an rtsp:// or http:// (MJPEG) address, or a folder of numbered images. A stream
 * is looked at until it ends or Ctrl-C; the overlay is then of its last half hour or so.
 * Exit 0 with a report; exit 2 with one line when the input or an option is bad.
 */
import { stat } from 'node:fs/promises';
import { numberIn, readCommand, runCommand } from '../../core/command.ts';
import { StartError } from '../../core/errors.ts';
import { type DetectReport, detectVideo, isStream, type Recording } from './detect-video.ts';
import { encodeApart } from './evidence/encoding.ts';
import { createFootageRing } from './evidence/footage-ring.ts';
import type { OverlayJob } from './evidence/overlay.ts';
import { createProgress } from './progress.ts';

export { type DetectEvent, type DetectOptions, type DetectReport, detectVideo } from './detect-video.ts';

const USAGE = 'npm run detect -- INPUT [--json] [--overlay OUT.mp4] [--fps N (folder of images)]';
/** So much of a stream is kept for its overlay; the oldest goes first. Half an hour of 2 Mb/s. */
const STREAM_BYTES_MAX = 450_000_000;

function parseCommand() {
  const text = { type: 'string' } as const;
  const options = { json: { type: 'boolean', default: false }, overlay: text, fps: text } as const;
  const { values, positionals } = readCommand({ allowPositionals: true, options }, USAGE);
  const [input] = positionals;
  if (!input || positionals.length > 1) throw new StartError(`give one input; usage: ${USAGE}`);
  const imagesFps = numberIn(values.fps, '--fps', { min: 1, max: 240 });
  if (values.overlay !== undefined && !values.overlay.endsWith('.mp4'))
    throw new StartError(`--overlay ${values.overlay}: the name must end with .mp4`);
  return { input, json: values.json, overlay: values.overlay, imagesFps };
}

async function main(): Promise<void> {
  const { input, json, overlay, imagesFps } = parseCommand();
  if (overlay) await refuseInput(input, overlay);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const recording = overlay && isStream(input) ? createRecording() : undefined;
  const progress = createProgress('frames');
  const report = await detectVideo(input, {
    signal: stop.signal,
    onProgress: progress.show,
    ...(imagesFps !== undefined && { imagesFps }),
    ...(recording && { recording }),
  }).finally(progress.end);
  // What was found stays said, whatever becomes of the drawing.
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : toText(report));
  if (overlay) await writeOverlay({ input, imagesFps, path: overlay, report }, recording);
}

function createRecording(): Recording {
  const footage = createFootageRing({ spanMs: Number.POSITIVE_INFINITY, bytesMax: STREAM_BYTES_MAX });
  return { footage, codec: undefined };
}

/** The input may be the only recording of a fall. */
async function refuseInput(input: string, output: string): Promise<void> {
  const [from, to] = await Promise.all([input, output].map((path) => stat(path).catch(() => undefined)));
  if (from && to && from.dev === to.dev && from.ino === to.ino)
    throw new StartError(`--overlay ${output}: this is the input itself; give another name`);
}

async function writeOverlay(
  of: Omit<OverlayJob, 'footage' | 'codec'>,
  recording: Recording | undefined,
): Promise<void> {
  const progress = createProgress('frames drawn');
  const footage = recording?.footage.since(0);
  const task = { type: 'overlay', job: { ...of, codec: recording?.codec } } as const;
  try {
    await encodeApart(task, { footage, onProgress: (frames) => progress.show(frames, of.report.frames) });
  } catch (error) {
    throw new StartError(`--overlay ${of.path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    progress.end();
  }
}

function toText(report: DetectReport): string {
  const head = `${report.source}: ${report.width}×${report.height}, ${report.fps} frames/s, ${report.frames} frames`;
  const speed = `${report.timing.framesPerSecond} frames/s, median ${report.timing.msPerFrameP50} ms, p99 ${report.timing.msPerFrameP99} ms`;
  const events = report.events.map((event) => {
    const from = event.track[0];
    const to = event.track.at(-1);
    return `  ${seconds(event.startMs)} to ${seconds(event.endMs)}  confidence ${event.confidence}  from (${from?.x}, ${from?.y}) to (${to?.x}, ${to?.y})`;
  });
  const found = events.length === 0 ? '  nothing fell' : events.join('\n');
  return `${head}\n${found}\n  ${speed}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

if (import.meta.main) await runCommand('detect', main, 2);
