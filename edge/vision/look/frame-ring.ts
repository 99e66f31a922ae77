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
  /** The frame in strips of `stripRows` rows from the top; the last one is what is left. */
  strips(age: number): readonly Tensor[];
  atMs(age: number): number;
  clear(): void;
}

interface Slot {
  luma: Uint8Array;
  strips: Tensor[];
  atMs: number;
}

/** `depth` is the oldest age that will be asked for, plus one; without `stripRows` a frame is one strip. */
export function createFrameRing(size: { width: number; height: number; depth: number; stripRows?: number }): FrameRing {
  const { width, height, stripRows = height } = size;
  // One slot more than the depth, so that the frame being written is never one being read.
  const slots: Slot[] = Array.from({ length: size.depth + 1 }, () => {
    const luma = new Uint8Array(width * height);
    const strips = Array.from({ length: Math.ceil(height / stripRows) }, (_, index) => {
      const rows = Math.min(stripRows, height - index * stripRows);
      const start = index * stripRows * width;
      return new Tensor('uint8', luma.subarray(start, start + rows * width), [rows, width]);
    });
    return { luma, strips, atMs: 0 };
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
    strips: (age) => slot(count - 1 - age).strips,
    atMs: (age) => slot(count - 1 - age).atMs,
    clear() {
      count = 0;
    },
  };
}
