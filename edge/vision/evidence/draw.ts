/** Draws into planar YUV 4:2:0 pictures: enough for a falling object's path on an overlay. */

export interface Canvas {
  width: number;
  height: number;
  /** Y, then U, then V at half the size each way. */
  yuv: Uint8Array;
}

export interface Colour {
  y: number;
  u: number;
  v: number;
}

export const RED: Colour = { y: 82, u: 90, v: 240 };
export const YELLOW: Colour = { y: 210, u: 16, v: 146 };

export function drawDot(canvas: Canvas, at: { x: number; y: number; radius: number }, colour: Colour): void {
  const { width, height, yuv } = canvas;
  const halfWidth = width >> 1;
  const planeU = width * height;
  const planeV = planeU + halfWidth * (height >> 1);
  const r = at.radius;
  for (let y = Math.max(0, Math.floor(at.y - r)); y <= Math.min(height - 1, at.y + r); y++) {
    for (let x = Math.max(0, Math.floor(at.x - r)); x <= Math.min(width - 1, at.x + r); x++) {
      if ((x - at.x) ** 2 + (y - at.y) ** 2 > r * r) continue;
      yuv[y * width + x] = colour.y;
      const chroma = (y >> 1) * halfWidth + (x >> 1);
      if (y >> 1 < height >> 1 && x >> 1 < halfWidth) {
        yuv[planeU + chroma] = colour.u;
        yuv[planeV + chroma] = colour.v;
      }
    }
  }
}

export function drawLine(
  canvas: Canvas,
  line: { from: { x: number; y: number }; to: { x: number; y: number }; thickness: number },
  colour: Colour,
): void {
  const { from, to, thickness } = line;
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)));
  for (let step = 0; step <= steps; step++) {
    const share = step / steps;
    const x = from.x + (to.x - from.x) * share;
    const y = from.y + (to.y - from.y) * share;
    drawDot(canvas, { x, y, radius: thickness / 2 }, colour);
  }
}

export function drawRing(canvas: Canvas, at: { x: number; y: number; radius: number }, colour: Colour): void {
  const steps = Math.max(12, Math.ceil(at.radius * 6));
  for (let step = 0; step < steps; step++) {
    const angle = (step / steps) * 2 * Math.PI;
    const x = at.x + Math.cos(angle) * at.radius;
    const y = at.y + Math.sin(angle) * at.radius;
    drawDot(canvas, { x, y, radius: 1 }, colour);
  }
}
