/** Writes the video again with each fall's path drawn into it, as H.264 in MP4. */
import { AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_LIBX264, Frame, Muxer } from 'node-av';
import { systemClock } from '../../core/clock.ts';
import { type DetectEvent, type DetectReport, openSource } from './detect-video.ts';
import { type Canvas, drawDot, drawLine, drawRing, RED, YELLOW } from './draw.ts';
import { SourceError } from './sources/source.ts';

/** The path stays in the picture for this long after the last sight. */
const LINGER_MS = 1_500;
const TIME_BASE_PER_SECOND = 90_000;

export interface OverlayJob {
  input: string;
  report: DetectReport;
  output: string;
  imagesFps?: number | undefined;
}

/** Runs in a process of its own (encoding.ts). */
export async function drawOverlay(job: OverlayJob): Promise<void> {
  const { report } = job;
  const width = report.width & ~1;
  const height = report.height & ~1;
  const options = job.imagesFps === undefined ? {} : { imagesFps: job.imagesFps };
  const source = await openSource(job.input, options, systemClock);
  const muxer = await Muxer.open(job.output).catch((error: unknown) => {
    throw new SourceError(`${job.output}: cannot be written`, { cause: error });
  });
  const encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    threadCount: 2,
    bitrate: '4M',
    maxBFrames: 0,
    options: { preset: 'veryfast' },
  });
  try {
    const stream = muxer.addStream(encoder);
    for await (const picture of source.pictures()) {
      if (picture.width !== report.width || picture.height !== report.height) continue;
      const canvas: Canvas = { width, height, yuv: picture.yuv420() };
      for (const event of report.events) drawEvent(canvas, event, picture.atMs);
      const frame = Frame.fromVideoBuffer(Buffer.from(canvas.yuv), {
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
