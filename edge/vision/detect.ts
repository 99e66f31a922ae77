/**
 * `npm run detect -- INPUT [--json] [--overlay OUT.mp4] [--fps N]`: the high-throw detector on its own.
 * INPUT is a video file, an rtsp:// or http:// (MJPEG) address, or a folder of numbered images.
 * Exit 0 with a report; exit 2 with one line when the input or an option is bad.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type DetectReport, detectVideo } from './detect-video.ts';
import { encodeApart } from './encoding.ts';
import { createProgress } from './progress.ts';
import { SourceError } from './sources/source.ts';

export { type DetectEvent, type DetectOptions, type DetectReport, detectVideo } from './detect-video.ts';

const USAGE = 'usage: npm run detect -- INPUT [--json] [--overlay OUT.mp4] [--fps N (folder of images)]';

interface Command {
  input: string;
  json: boolean;
  overlay: string | undefined;
  fps: number | undefined;
}

function parseCommand(args: string[]): Command {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      overlay: { type: 'string' },
      fps: { type: 'string' },
    },
  });
  const [input] = positionals;
  if (!input || positionals.length > 1) throw new SourceError(USAGE);
  const fps = values.fps === undefined ? undefined : Number(values.fps);
  if (fps !== undefined && !(fps >= 1 && fps <= 240))
    throw new SourceError(`--fps ${values.fps}: give a number from 1 to 240`);
  if (values.overlay !== undefined && !values.overlay.endsWith('.mp4'))
    throw new SourceError(`--overlay ${values.overlay}: the name must end with .mp4`);
  return { input, json: values.json, overlay: values.overlay, fps };
}

async function main(args: string[]): Promise<number> {
  let command: Command;
  try {
    command = parseCommand(args);
  } catch (error) {
    return complain(error);
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const progress = createProgress('frames');
  try {
    const report = await detectVideo(command.input, {
      signal: stop.signal,
      onProgress: progress.show,
      ...(command.fps !== undefined && { imagesFps: command.fps }),
    });
    progress.end();
    if (command.overlay) await writeOverlay(command, report, command.overlay);
    process.stdout.write(command.json ? `${JSON.stringify(report)}\n` : toText(report));
    return 0;
  } catch (error) {
    progress.end();
    return complain(error);
  }
}

async function writeOverlay(command: Command, report: DetectReport, output: string): Promise<void> {
  const overlay = { input: command.input, report, output, imagesFps: command.fps };
  await encodeApart({ type: 'overlay', overlay }).catch((error: unknown) => {
    throw new SourceError(`--overlay ${output}: ${error instanceof Error ? error.message : String(error)}`);
  });
}

function complain(error: unknown): number {
  const known = error instanceof SourceError || (error instanceof TypeError && 'code' in error);
  if (!known) throw error;
  process.stderr.write(`detect: ${(error as Error).message.split('\n')[0]}\n`);
  return 2;
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

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
