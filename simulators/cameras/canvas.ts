/** A picture in planar YUV 4:2:0 (full range) and the few shapes that cameras' worlds are made of. */

export interface Canvas {
  width: number;
  height: number;
  y: Uint8ClampedArray;
  u: Uint8ClampedArray;
  v: Uint8ClampedArray;
  /** All three planes in one buffer, as encoders take it. */
  bytes: Uint8Array;
}

export interface Colour {
  y: number;
  u: number;
  v: number;
}

export function createCanvas(width: number, height: number): Canvas {
  const bytes = new Uint8Array((width * height * 3) / 2);
  const luma = width * height;
  const chroma = luma / 4;
  return {
    width,
    height,
    bytes,
    y: new Uint8ClampedArray(bytes.buffer, 0, luma),
    u: new Uint8ClampedArray(bytes.buffer, luma, chroma),
    v: new Uint8ClampedArray(bytes.buffer, luma + chroma, chroma),
  };
}

export interface Blob {
  x: number;
  y: number;
  /** Half axes in pixels, before turning. */
  radiusX: number;
  radiusY: number;
  angle: number;
}

/** Draws an ellipse as a camera sees it over its exposure: smeared from `before` to `after`. */
export function drawBlob(canvas: Canvas, path: { before: Blob; after: Blob; opacity?: number }, colour: Colour): void {
  const { before, after, opacity = 1 } = path;
  const reach = Math.max(before.radiusX, before.radiusY, after.radiusX, after.radiusY) + 1;
  const left = Math.floor(Math.min(before.x, after.x) - reach);
  const top = Math.floor(Math.min(before.y, after.y) - reach);
  const right = Math.ceil(Math.max(before.x, after.x) + reach);
  const bottom = Math.ceil(Math.max(before.y, after.y) + reach);
  if (right < 0 || bottom < 0 || left >= canvas.width || top >= canvas.height) return;
  const steps = Math.min(16, Math.max(1, Math.ceil(Math.hypot(after.x - before.x, after.y - before.y) / 1.5)));
  const shapes = Array.from({ length: steps }, (_, step) => toShape(before, after, (step + 0.5) / steps));
  for (let y = Math.max(0, top); y < Math.min(canvas.height, bottom); y++) {
    for (let x = Math.max(0, left); x < Math.min(canvas.width, right); x++) {
      let cover = 0;
      for (const shape of shapes) cover += coverage(shape, x + 0.5, y + 0.5);
      if (cover > 0) blend(canvas, { x, y }, { colour, alpha: (cover / steps) * opacity });
    }
  }
}

interface Shape {
  x: number;
  y: number;
  cos: number;
  sin: number;
  radiusX: number;
  radiusY: number;
}

function toShape(before: Blob, after: Blob, share: number): Shape {
  const at = (a: number, b: number) => a + (b - a) * share;
  const angle = at(before.angle, after.angle);
  return {
    x: at(before.x, after.x),
    y: at(before.y, after.y),
    cos: Math.cos(angle),
    sin: Math.sin(angle),
    radiusX: Math.max(0.3, at(before.radiusX, after.radiusX)),
    radiusY: Math.max(0.3, at(before.radiusY, after.radiusY)),
  };
}

/** 0 to 1, soft over about one pixel at the edge. */
function coverage(shape: Shape, x: number, y: number): number {
  const dx = x - shape.x;
  const dy = y - shape.y;
  const along = (dx * shape.cos + dy * shape.sin) / shape.radiusX;
  const across = (dy * shape.cos - dx * shape.sin) / shape.radiusY;
  const outside = (Math.hypot(along, across) - 1) * Math.min(shape.radiusX, shape.radiusY);
  return Math.min(1, Math.max(0, 0.5 - outside));
}

function blend(canvas: Canvas, at: { x: number; y: number }, paint: { colour: Colour; alpha: number }): void {
  const { colour, alpha } = paint;
  const index = at.y * canvas.width + at.x;
  canvas.y[index] = mixed(canvas.y[index], colour.y, alpha);
  if ((at.x | at.y) & 1) return;
  const chroma = (at.y >> 1) * (canvas.width >> 1) + (at.x >> 1);
  canvas.u[chroma] = mixed(canvas.u[chroma], colour.u, alpha);
  canvas.v[chroma] = mixed(canvas.v[chroma], colour.v, alpha);
}

function mixed(under: number | undefined, over: number, alpha: number): number {
  return (under ?? 0) * (1 - alpha) + over * alpha;
}

/** A thin straight streak, as rain leaves it. */
export function drawStreak(
  canvas: Canvas,
  streak: { x: number; y: number; dx: number; dy: number; alpha: number },
  colour: Colour,
): void {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(streak.dx), Math.abs(streak.dy))));
  for (let step = 0; step <= steps; step++) {
    const x = Math.round(streak.x + (streak.dx * step) / steps);
    const y = Math.round(streak.y + (streak.dy * step) / steps);
    if (x >= 0 && y >= 0 && x < canvas.width && y < canvas.height)
      blend(canvas, { x, y }, { colour, alpha: streak.alpha });
  }
}
