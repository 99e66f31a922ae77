/** Luma out of decoded frames. Planar pictures give it without any conversion; others are converted. */
import {
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_NV21,
  AV_PIX_FMT_YUV410P,
  AV_PIX_FMT_YUV411P,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV440P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ411P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ422P,
  AV_PIX_FMT_YUVJ440P,
  AV_PIX_FMT_YUVJ444P,
  Frame,
  Scaler,
} from 'node-av';
import { type Turn, turnYuv420 } from './turn.ts';

const PLANAR = new Set<number>([
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_NV21,
  AV_PIX_FMT_YUV410P,
  AV_PIX_FMT_YUV411P,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV440P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ411P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ422P,
  AV_PIX_FMT_YUVJ440P,
  AV_PIX_FMT_YUVJ444P,
]);

let scaler: Scaler | undefined;

/** A frame whose memory JavaScript has looked into once and for all. */
interface Window {
  frame: Frame;
  view: Uint8Array;
}

const WINDOWS_MAX = 8;
const windows = new Map<string, Window>();

/**
 * Writes the frame's luma into `target` (width × height bytes). It goes through a frame that is kept:
 * each look into a new one hands V8 megabytes of foreign memory, which at 1080p cost a third of
 * a core per camera in collections of garbage.
 */
export function copyLuma(frame: Frame, target: Uint8Array): void {
  const { width, height, format } = frame;
  if (!PLANAR.has(format)) {
    scaler ??= new Scaler();
    target.set(scaler.toBufferSync(frame, { format: 'gray' }).subarray(0, width * height));
    return;
  }
  const window = windowOf(width, height);
  // Taken for a grey picture, a planar one is its luma.
  frame.format = AV_PIX_FMT_GRAY8;
  const status = window.frame.copy(frame);
  frame.format = format;
  if (status < 0) throw new Error(`a decoded frame has no picture in it (FFmpeg status ${status})`);
  target.set(window.view);
}

function windowOf(width: number, height: number): Window {
  const size = `${width}×${height}`;
  const known = windows.get(size);
  if (known) return known;
  if (windows.size >= WINDOWS_MAX) windows.clear();
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_GRAY8;
  frame.width = width;
  frame.height = height;
  // Rows without padding.
  const status = frame.getBuffer(1);
  const plane = frame.data?.[0];
  if (status < 0 || !plane) throw new Error(`no memory for a picture of ${size} (FFmpeg status ${status})`);
  const window = { frame, view: plane.subarray(0, width * height) };
  windows.set(size, window);
  return window;
}

/** The frame as planar YUV 4:2:0 as it is shown; an odd last row or column is cut, since video codecs want even sides. */
export function toYuv420(frame: Frame, turn: Turn = 0): Uint8Array {
  scaler ??= new Scaler();
  const width = frame.width & ~1;
  const height = frame.height & ~1;
  const stored = scaler.toBufferSync(frame, { format: 'yuv420p', crop: { x: 0, y: 0, width, height } });
  return turnYuv420(stored, { width, height }, turn);
}

/** Planar YUV 4:2:0 of video range with even sides to RGB, three bytes a pixel. */
export function yuv420ToRgb(yuv: Uint8Array, size: { width: number; height: number }): Buffer {
  scaler ??= new Scaler();
  const frame = Frame.fromVideoBuffer(Buffer.from(yuv.buffer, yuv.byteOffset, yuv.byteLength), {
    ...size,
    format: AV_PIX_FMT_YUV420P,
    timeBase: { num: 1, den: 1000 },
  });
  try {
    return scaler.toBufferSync(frame, { format: 'rgb' });
  } finally {
    frame.free();
  }
}

/** A grey picture as planar YUV 4:2:0. */
export function greyToYuv420(luma: Uint8Array, size: { width: number; height: number }): Uint8Array {
  const width = size.width & ~1;
  const height = size.height & ~1;
  const target = new Uint8Array((width * height * 3) / 2).fill(128);
  for (let row = 0; row < height; row++)
    target.set(luma.subarray(row * size.width, row * size.width + width), row * width);
  return target;
}
