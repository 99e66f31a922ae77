/**
 * How a thing differs from what is behind it. A thing that is thrown keeps its own light from frame to
 * frame, whatever it passes; wings beat, leaves turn, and noise has the light of its place.
 */
import type { FrameRing } from './frame-ring.ts';

export interface Contrast {
  /** Grey levels by which it is brighter than what is behind it, less than 0 where it is darker. */
  contrast: number;
  /** Grey level of what is behind it. */
  behind: number;
}

/** Where a thing was is open again in these frames, unless it hardly moves. */
const OPEN_AGES = [10, 7, 0] as const;
/** Half of the square that is measured, as a share of the thing's size: its middle, without its blurred rim. */
const HALF_SHARE = 0.25;
const HALF_PX_MAX = 6;
/** The verifier errs by so much about the centre: the square that differs most counts. */
const SEARCH_PX = 2;

/** Reads the newest frames of one camera; keeps its working memory. */
export function createContrastMeter(): (ring: FrameRing, at: Place) => Contrast {
  const most = 2 * (HALF_PX_MAX + SEARCH_PX) + 1;
  const differences = new Int16Array(most * most);
  const behinds = new Uint8Array(most * most);

  return (ring, { x, y, sizePx, age }) => {
    const half = Math.min(HALF_PX_MAX, Math.max(1, Math.round(sizePx * HALF_SHARE)));
    const side = 2 * half + 1;
    const wide = side + 2 * SEARCH_PX;
    const left = Math.round(x) - half - SEARCH_PX;
    const top = Math.round(y) - half - SEARCH_PX;
    const here = ring.luma(age);
    const [a, b, c] = OPEN_AGES.map((open) => ring.luma(Math.min(open, ring.count - 1))) as Three;
    for (let row = 0; row < wide; row++) {
      const start = within(top + row, ring.height) * ring.width;
      for (let column = 0; column < wide; column++) {
        const place = start + within(left + column, ring.width);
        const behind = median(a[place] as number, b[place] as number, c[place] as number);
        behinds[row * wide + column] = behind;
        differences[row * wide + column] = (here[place] as number) - behind;
      }
    }
    let best: Contrast = { contrast: 0, behind: 0 };
    for (let row = 0; row <= 2 * SEARCH_PX; row++)
      for (let column = 0; column <= 2 * SEARCH_PX; column++) {
        const square = { from: row * wide + column, wide, side };
        const contrast = meanIn(differences, square);
        if (Math.abs(contrast) >= Math.abs(best.contrast)) best = { contrast, behind: meanIn(behinds, square) };
      }
    return best;
  };
}

/** Centre and size in the frame of that age. */
interface Place {
  x: number;
  y: number;
  sizePx: number;
  age: number;
}

type Three = [Uint8Array, Uint8Array, Uint8Array];

function meanIn(values: Int16Array | Uint8Array, square: { from: number; wide: number; side: number }): number {
  const { from, wide, side } = square;
  let sum = 0;
  for (let row = 0; row < side; row++)
    for (let place = from + row * wide; place < from + row * wide + side; place++) sum += values[place] as number;
  return sum / (side * side);
}

/** Beyond the picture's edge the edge's pixels repeat. */
function within(place: number, length: number): number {
  return Math.min(length - 1, Math.max(0, place));
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
