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
  type Frame,
  Scaler,
} from 'node-av';

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

/** Writes the frame's luma into `target` (width × height bytes). */
export function copyLuma(frame: Frame, target: Uint8Array): void {
  const { width, height } = frame;
  if (!PLANAR.has(frame.format)) {
    scaler ??= new Scaler();
    target.set(scaler.toBufferSync(frame, { format: 'gray' }).subarray(0, width * height));
    return;
  }
  const plane = frame.data?.[0];
  const stride = frame.linesize[0] ?? width;
  if (!plane) throw new Error('a decoded frame has no picture in it');
  if (stride === width) {
    target.set(plane.subarray(0, width * height));
    return;
  }
  for (let row = 0; row < height; row++) target.set(plane.subarray(row * stride, row * stride + width), row * width);
}

/** The frame as planar YUV 4:2:0; an odd last row or column is cut, since video codecs want even sides. */
export function toYuv420(frame: Frame): Uint8Array {
  scaler ??= new Scaler();
  const width = frame.width & ~1;
  const height = frame.height & ~1;
  return scaler.toBufferSync(frame, { format: 'yuv420p', crop: { x: 0, y: 0, width, height } });
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
