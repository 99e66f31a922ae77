/** A facade seen by a camera that looks up: metres on the wall to pixels and back. */

export interface Point {
  x: number;
  y: number;
}

export interface Projection {
  /** Metres from the facade's lower left corner to pixels. */
  toPixel(metresRight: number, metresUp: number): Point;
  toMetres(x: number, y: number): Point;
  /** Pixels that a metre takes at that place. */
  scale(metresRight: number, metresUp: number): number;
}

export interface FacadePlan {
  columns: number;
  lowestFloor: number;
  floors: number;
  columnWidthMetres: number;
  floorHeightMetres: number;
}

/**
 * Maps the facade onto a quadrilateral of the picture (lower left, lower right, upper right, upper
 * left), after Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, section 2.2.3.
 */
export function projectFacade(plan: FacadePlan, corners: readonly [Point, Point, Point, Point]): Projection {
  const width = plan.columns * plan.columnWidthMetres;
  const height = plan.floors * plan.floorHeightMetres;
  const [p0, p1, p2, p3] = corners;
  const dx1 = p1.x - p2.x;
  const dx2 = p3.x - p2.x;
  const dy1 = p1.y - p2.y;
  const dy2 = p3.y - p2.y;
  const sx = p0.x - p1.x + p2.x - p3.x;
  const sy = p0.y - p1.y + p2.y - p3.y;
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (sx * dy2 - dx2 * sy) / determinant;
  const h = (dx1 * sy - sx * dy1) / determinant;
  const a = p1.x - p0.x + g * p1.x;
  const b = p3.x - p0.x + h * p3.x;
  const d = p1.y - p0.y + g * p1.y;
  const e = p3.y - p0.y + h * p3.y;
  const c = p0.x;
  const f = p0.y;

  const toPixel = (metresRight: number, metresUp: number): Point => {
    const u = metresRight / width;
    const v = metresUp / height;
    const w = g * u + h * v + 1;
    return { x: (a * u + b * v + c) / w, y: (d * u + e * v + f) / w };
  };
  const toMetres = (x: number, y: number): Point => {
    // The adjugate of the matrix: its inverse up to the scale that the division removes.
    const u = (e - f * h) * x + (c * h - b) * y + (b * f - c * e);
    const v = (f * g - d) * x + (a - c * g) * y + (c * d - a * f);
    const w = (d * h - e * g) * x + (b * g - a * h) * y + (a * e - b * d);
    return { x: (u / w) * width, y: (v / w) * height };
  };
  return {
    toPixel,
    toMetres,
    scale(metresRight, metresUp) {
      const here = toPixel(metresRight, metresUp);
      const above = toPixel(metresRight, metresUp + 1);
      return Math.hypot(above.x - here.x, above.y - here.y);
    },
  };
}
