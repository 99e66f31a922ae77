/**
 * Recordings that are stored lying on their side, as phones do, say how they are to be shown: by the
 * display matrix of their container (ISO/IEC 14496-12, 6.2.2). What falls down must do so in the
 * picture as it is shown.
 */

/** Degrees clockwise from the picture as it is stored to the picture as it is shown. */
export type Turn = 0 | 90 | 180 | 270;

interface Size {
  width: number;
  height: number;
}

/** `matrix`: nine 32-bit numbers of the machine's order, as FFmpeg gives them. A tilt that is no quarter turn is none. */
export function turnOf(matrix: Uint8Array | null | undefined): Turn {
  if (!matrix || matrix.length < 8) return 0;
  const [a = 0, b = 0] = new Int32Array(Uint8Array.from(matrix.subarray(0, 8)).buffer);
  if (Math.abs(a) > 0 === Math.abs(b) > 0) return 0;
  if (a === 0) return b > 0 ? 90 : 270;
  return a > 0 ? 0 : 180;
}

export function turnedSize({ width, height }: Size, turn: Turn): Size {
  return turn === 90 || turn === 270 ? { width: height, height: width } : { width, height };
}

/** `plane`: width × height bytes, row by row; `target`: as many, in rows of the turned width. */
export function turnPlane(plane: Uint8Array, { width, height }: Size, turn: Turn, target: Uint8Array): void {
  if (turn === 0) {
    target.set(plane);
    return;
  }
  // Where the first pixel goes, and how far the next one in the row and in the column are from there.
  const [first, along, down] = {
    90: [height - 1, height, -1],
    180: [width * height - 1, -1, -width],
    270: [(width - 1) * height, -height, 1],
  }[turn] as [number, number, number];
  let from = 0;
  for (let row = 0; row < height; row++) {
    let to = first + row * down;
    for (let column = 0; column < width; column++) {
      target[to] = plane[from++] as number;
      to += along;
    }
  }
}

/** Of planar YUV 4:2:0 with even sides. */
export function turnYuv420(yuv: Uint8Array, size: Size, turn: Turn): Uint8Array {
  if (turn === 0) return yuv;
  const target = new Uint8Array(yuv.length);
  const luma = size.width * size.height;
  const half = { width: size.width / 2, height: size.height / 2 };
  for (const [from, to, plane] of [
    [0, luma, size],
    [luma, luma * 1.25, half],
    [luma * 1.25, luma * 1.5, half],
  ] as const)
    turnPlane(yuv.subarray(from, to), plane, turn, target.subarray(from, to));
  return target;
}
