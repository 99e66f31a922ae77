/** Writes the video again with each fall's path drawn into it, as H.264 in MP4. */
import { rename, rm } from 'node:fs/promises';
import { systemClock } from '../../../core/clock.ts';
import { type DetectEvent, type DetectReport, openSource } from '../detect-video.ts';
import { SourceError } from '../sources/source.ts';
import { decodeFootage, type PacketCodec } from './clip.ts';
import { type Canvas, drawDot, drawLine, drawRing, RED, YELLOW } from './draw.ts';
import type { Footage } from './footage-ring.ts';
import { createVideoWriter, type VideoWriter, type VideoWriterOptions } from './video-writer.ts';

/** The path stays in the picture for this long after the last sight. */
const LINGER_MS = 1_500;

export interface OverlayJob {
  /** A recording that can be read again … */
  input: string;
  imagesFps?: number | undefined;
  /** … or what was kept of a stream. */
  footage?: readonly Footage[] | undefined;
  codec?: PacketCodec | undefined;
  report: DetectReport;
  /** Of the MP4. */
  path: string;
}

/** Runs in a process of its own (encoding.ts). What stands under the name is replaced by a whole video or not at all. */
export async function drawOverlay(job: OverlayJob, onProgress: (frames: number) => void): Promise<void> {
  const part = `${job.path}.part`;
  try {
    await drawInto(part, job, onProgress);
    await rename(part, job.path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function drawInto(part: string, job: OverlayJob, onProgress: (frames: number) => void): Promise<void> {
  const { fps, events } = job.report;
  const writer = openWriter(part, { fps, bitRate: '4M', threads: 2 });
  let frames = 0;
  try {
    for await (const picture of picturesOf(job)) {
      for (const event of events) drawEvent(picture, event, picture.atMs);
      writer.write(picture, picture.atMs);
      onProgress(++frames);
    }
    writer.finish();
  } finally {
    writer.close();
  }
}

function openWriter(part: string, options: VideoWriterOptions): VideoWriter {
  try {
    return createVideoWriter(part, options);
  } catch (error) {
    throw new SourceError('cannot be written', { cause: error });
  }
}

async function* picturesOf(job: OverlayJob): AsyncGenerator<Canvas & { atMs: number }> {
  const { input, imagesFps, footage, codec } = job;
  if (footage) {
    for await (const { colour, atMs } of decodeFootage(footage, codec)) yield { ...colour(), atMs };
    return;
  }
  const source = await openSource(input, imagesFps === undefined ? {} : { imagesFps }, systemClock);
  try {
    for await (const picture of source.pictures()) {
      const { width, height, atMs } = picture;
      yield { width: width & ~1, height: height & ~1, yuv: picture.yuv420(), atMs };
    }
  } finally {
    await source.close();
  }
}

function drawEvent(canvas: Canvas, event: DetectEvent, atMs: number): void {
  if (atMs < event.startMs - 1 || atMs > event.endMs + LINGER_MS) return;
  const seen = event.track.filter((point) => point.atMs <= atMs + 1);
  for (const [index, point] of seen.entries()) {
    const before = seen[index - 1];
    if (before) drawLine(canvas, { from: before, to: point, thickness: 2 }, RED);
    drawDot(canvas, { x: point.x, y: point.y, radius: 1.5 }, YELLOW);
  }
  const newest = seen.at(-1);
  if (newest && atMs <= event.endMs + 1)
    drawRing(canvas, { x: newest.x, y: newest.y, radius: canvas.height / 30 }, RED);
}
