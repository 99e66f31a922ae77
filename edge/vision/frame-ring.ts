/**
 * The newest frames of one camera, luma only, in buffers that are used again and again. A source
 * writes into `next()`, then `commit()` makes it the newest. Age 0 is the newest frame.
 */
import { Tensor } from 'onnxruntime-node';

export interface FrameRing {
  readonly width: number;
  readonly height: number;
  /** Frames committed since the start or the last `clear`. */
  readonly count: number;
  next(): Uint8Array;
  commit(atMs: number): void;
  luma(age: number): Uint8Array;
  tensor(age: number): Tensor;
  atMs(age: number): number;
  clear(): void;
}

interface Slot {
  luma: Uint8Array;
  tensor: Tensor;
  atMs: number;
}

/** `depth` is the oldest age that will be asked for, plus one. */
export function createFrameRing(size: { width: number; height: number; depth: number }): FrameRing {
  const { width, height } = size;
  // One slot more than the depth, so that the frame being written is never one being read.
  const slots: Slot[] = Array.from({ length: size.depth + 1 }, () => {
    const luma = new Uint8Array(width * height);
    return { luma, tensor: new Tensor('uint8', luma, [height, width]), atMs: 0 };
  });
  let count = 0;
  const slot = (index: number) => slots[index % slots.length] as Slot;
  return {
    width,
    height,
    get count() {
      return count;
    },
    next: () => slot(count).luma,
    commit(atMs) {
      slot(count).atMs = atMs;
      count += 1;
    },
    luma: (age) => slot(count - 1 - age).luma,
    tensor: (age) => slot(count - 1 - age).tensor,
    atMs: (age) => slot(count - 1 - age).atMs,
    clear() {
      count = 0;
    },
  };
}
