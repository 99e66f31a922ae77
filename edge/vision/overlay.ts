/** Writes the video again with each fall's path drawn into it, as H.264 in MP4. */
import { rename, rm } from 'node:fs/promises';
import { AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_LIBX264, Frame, Muxer } from 'node-av';
import { systemClock } from '../../core/clock.ts';
import { decodeFootage, type PacketCodec } from './clip.ts';
import { type DetectEvent, type DetectReport, openSource } from './detect-video.ts';
import { type Canvas, drawDot, drawLine, drawRing, RED, YELLOW } from './draw.ts';
import type { Footage } from './footage-ring.ts';
import { SourceError } from './sources/source.ts';

/** The path stays in the picture for this long after the last sight. */
const LINGER_MS = 1_500;
const TIME_BASE_PER_SECOND = 90_000;

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
  const { report } = job;
  const [width, height] = [report.width & ~1, report.height & ~1];
  const muxer = await Muxer.open(part, { format: 'mp4' }).catch((error: unknown) => {
    throw new SourceError(`${job.path}: cannot be written`, { cause: error });
  });
  const encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    threadCount: 2,
    bitrate: '4M',
    maxBFrames: 0,
    options: { preset: 'veryfast' },
  });
  try {
    const stream = muxer.addStream(encoder);
    let frames = 0;
    let lastMs = -1;
    for await (const picture of picturesOf(job)) {
      onProgress(++frames);
      if (picture.width !== width || picture.height !== height || picture.atMs <= lastMs) continue;
      lastMs = picture.atMs;
      for (const event of report.events) drawEvent(picture, event, picture.atMs);
      const frame = Frame.fromVideoBuffer(Buffer.from(picture.yuv), {
        width,
        height,
        format: AV_PIX_FMT_YUV420P,
        timeBase: { num: 1, den: TIME_BASE_PER_SECOND },
        pts: BigInt(Math.round((picture.atMs * TIME_BASE_PER_SECOND) / 1000)),
      });
      for (const packet of await encoder.encodeAll(frame)) await writeAndFree(muxer, packet, stream);
      frame.free();
    }
    for await (const packet of encoder.flushPackets()) await writeAndFree(muxer, packet, stream);
  } finally {
    await muxer.close();
    encoder.close();
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

async function writeAndFree(muxer: Muxer, packet: Parameters<Muxer['writePacket']>[0], stream: number): Promise<void> {
  await muxer.writePacket(packet, stream);
  packet?.free();
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
