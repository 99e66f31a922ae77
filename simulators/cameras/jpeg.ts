/** JPEG out of planar YUV through FFmpeg's encoder: under a millisecond for 640×360. */
import { AV_CODEC_FLAG_QSCALE, AV_PIX_FMT_YUVJ420P, Encoder, FF_ENCODER_MJPEG, Frame } from 'node-av';
import type { Canvas } from './canvas.ts';

/** FFmpeg's scale of quality: 2 is best, 31 worst; 4 is a camera's usual. */
const QUALITY = 4;
/** What FFmpeg multiplies a quality with. */
const LAMBDA = 118;

export interface JpegEncoder {
  encode(canvas: Canvas): Buffer;
  close(): void;
}

export function createJpegEncoder(): JpegEncoder {
  const encoder = Encoder.createSync(FF_ENCODER_MJPEG, {
    threadCount: 1,
    configure(context) {
      context.setFlags(AV_CODEC_FLAG_QSCALE);
      context.globalQuality = QUALITY * LAMBDA;
    },
  });
  let number = 0n;
  return {
    encode(canvas) {
      const frame = Frame.fromVideoBuffer(Buffer.from(canvas.bytes.buffer), {
        width: canvas.width,
        height: canvas.height,
        format: AV_PIX_FMT_YUVJ420P,
        timeBase: { num: 1, den: 25 },
        pts: number++,
      });
      const packets = encoder.encodeAllSync(frame);
      frame.free();
      const jpeg = Buffer.from(packets[0]?.data ?? []);
      for (const packet of packets) packet.free();
      return jpeg;
    },
    close: () => encoder.close(),
  };
}
