/**
 * JPEG frames as MJPEG streams carry them, through FFmpeg's decoder: 0.4 ms for 640×360 where sharp
 * takes 6 ms. The header is read first, so that a forged size cannot make the decoder ask for
 * gigabytes.
 */
import { Codec, CodecContext, FF_DECODER_MJPEG, Frame, Packet } from 'node-av';
import { copyLuma, toYuv420 } from './luma.ts';
import type { Picture } from './source.ts';

export interface JpegDecoder {
  /** A picture that is valid until the next call, or undefined when the bytes are no JPEG that can be shown. */
  decode(bytes: Uint8Array, atMs: number): Picture | undefined;
  close(): void;
}

const SIDE_MAX_PX = 8_192;
const SIDE_MIN_PX = 16;

export function createJpegDecoder(): JpegDecoder {
  const context = new CodecContext();
  const codec = Codec.findDecoderByName(FF_DECODER_MJPEG);
  if (!codec) throw new Error('this FFmpeg has no JPEG decoder: node-av is not the one that package.json names');
  context.allocContext3(codec);
  context.threadCount = 1;
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const opened = context.open2Sync(codec);
  if (opened < 0) throw new Error(`the JPEG decoder does not open (FFmpeg status ${opened})`);
  return {
    decode(bytes, atMs) {
      const size = jpegSize(bytes);
      if (!size) return undefined;
      packet.unref();
      frame.unref();
      packet.data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (context.sendPacketSync(packet) < 0 || context.receiveFrameSync(frame) < 0) return undefined;
      return {
        width: frame.width,
        height: frame.height,
        atMs,
        copyLuma: (target) => copyLuma(frame, target),
        yuv420: () => toYuv420(frame),
        compressed: [{ type: 'jpeg', bytes }],
      };
    },
    close() {
      frame.free();
      packet.free();
      context.freeContext();
    },
  };
}

/** Width and height from the frame header (ITU-T T.81, B.2.2), or undefined for what is no JPEG of a sane size. */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  let at = 2;
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    // SOF0 to SOF15 without DHT (c4), JPG (c8) and DAC (cc).
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const height = ((bytes[at + 5] as number) << 8) | (bytes[at + 6] as number);
      const width = ((bytes[at + 7] as number) << 8) | (bytes[at + 8] as number);
      const sane = (side: number) => side >= SIDE_MIN_PX && side <= SIDE_MAX_PX;
      return sane(width) && sane(height) ? { width, height } : undefined;
    }
    if (length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}
