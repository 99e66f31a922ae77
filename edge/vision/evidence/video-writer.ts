/** Pictures as H.264 in MP4. For the encoding process (encoding.ts): what it uses may damage the heap. */
import { AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_LIBX264, Frame, Muxer, type Packet, Rational } from 'node-av';
import type { Canvas } from './draw.ts';

export interface VideoWriter {
  /** Pictures of another size than the first one's, and times that do not rise, are left out. */
  write(picture: Canvas, atMs: number): void;
  /** Writes what the encoder still holds, and the trailer. */
  finish(): void;
  /** To be called in any case, at last. */
  close(): void;
}

export interface VideoWriterOptions {
  /** On average. Times are as precise as they come; without it the encoder gives a picture 1/90,000 of a second's bits. */
  fps: number;
  bitRate: string;
  threads: number;
}

/** Times in clips. */
export const TICKS_PER_MS = 90;
export const TIME_BASE = { num: 1, den: TICKS_PER_MS * 1000 };
/** Pictures from one that can be decoded on its own to the next. */
const KEY_EVERY = 50;

export function toTicks(ms: number): bigint {
  return BigInt(Math.round(ms * TICKS_PER_MS));
}

/** Throws when the file cannot be made. */
export function createVideoWriter(path: string, { fps, bitRate, threads }: VideoWriterOptions): VideoWriter {
  const muxer = Muxer.openSync(path, { format: 'mp4' });
  const encoder = Encoder.createSync(FF_ENCODER_LIBX264, {
    options: { preset: 'veryfast' },
    context: {
      bitRate,
      threadCount: threads,
      maxBFrames: 0,
      gopSize: KEY_EVERY,
      framerate: new Rational(Math.round(fps * 1000), 1000),
    },
  });
  const stream = muxer.addStream(encoder);
  let size: { width: number; height: number } | undefined;
  let lastTicks = -1n;
  const pass = (packets: Packet[]) => {
    for (const packet of packets) {
      muxer.writePacketSync(packet, stream);
      packet.free();
    }
  };
  return {
    write({ width, height, yuv }, atMs) {
      size ??= { width, height };
      const pts = toTicks(atMs);
      if (width !== size.width || height !== size.height || pts <= lastTicks) return;
      lastTicks = pts;
      const frame = Frame.fromVideoBuffer(Buffer.from(yuv.buffer, yuv.byteOffset, yuv.byteLength), {
        width,
        height,
        format: AV_PIX_FMT_YUV420P,
        timeBase: TIME_BASE,
        pts,
      });
      pass(encoder.encodeAllSync(frame));
      frame.free();
    },
    finish() {
      pass(encoder.encodeAllSync(null));
      muxer.closeSync();
    },
    close() {
      muxer.closeSync();
      encoder.close();
    },
  };
}
