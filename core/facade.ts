/**
 * From pixels to metres on the facade: a homography through the corners that somebody clicked
 * (least squares over four or more points; Hartley & Zisserman, Multiple View Geometry, 4.1).
 */
import { solve } from './linear.ts';

/** A corner of the facade's grid in a camera's picture. */
export interface FacadePoint {
  /** Shares of the picture's width and height, origin top left. */
  x: number;
  y: number;
  /** Column edge from the left, 0 for the left edge of the first column. */
  column: number;
  /** The floor whose lower edge it is: the upper edge of floor 18 has 19. */
  floor: number;
}

/** The grid of windows that a camera looks at, as its `options.calibration` says it. */
export interface Calibration {
  points: FacadePoint[];
  /** Names of the columns from the left, as people call the place. */
  columns: string[];
  lowestFloor: number;
  highestFloor: number;
  floorHeightMetres: number;
  columnWidthMetres: number;
}

interface Metres {
  /** Metres from the left edge of the first column. */
  right: number;
  /** Metres above the lower edge of the lowest floor. */
  up: number;
}

export interface FacadeMap {
  calibration: Calibration;
  toMetres(x: number, y: number): Metres;
  toPixel(metres: Metres): { x: number; y: number };
  /** Metres that one pixel covers at that place. */
  metresPerPixel(x: number, y: number): number;
  /**
   * The way in which a line at right angles to the facade runs through that pixel, as a unit vector whose sign
   * means nothing. Undefined where the corners do not tell the camera's focal length.
   */
  outwardAt(x: number, y: number): { x: number; y: number } | undefined;
  /** How far the clicked points are from where the map puts them, in pixels; a bad click shows here. */
  errorPx: number;
}

type Matrix = readonly number[];

/** Undefined when the points do not span the facade, as when three lie on one line. */
export function mapFacade(calibration: Calibration, picture: { width: number; height: number }): FacadeMap | undefined {
  const pairs = calibration.points.map((point) => ({
    pixel: { x: point.x * picture.width, y: point.y * picture.height },
    metres: {
      right: point.column * calibration.columnWidthMetres,
      up: (point.floor - calibration.lowestFloor) * calibration.floorHeightMetres,
    },
  }));
  const forward = fitHomography(pairs.map(({ pixel, metres }) => [pixel.x, pixel.y, metres.right, metres.up]));
  const backward = forward && invert(forward);
  if (!forward || !backward) return undefined;
  const toMetres = (x: number, y: number): Metres => {
    const [right, up] = apply(forward, x, y);
    return { right, up };
  };
  const toPixel = ({ right, up }: Metres) => {
    const [x, y] = apply(backward, right, up);
    return { x, y };
  };
  const errors = pairs.map(({ pixel, metres }) => {
    const there = toPixel(metres);
    return Math.hypot(there.x - pixel.x, there.y - pixel.y);
  });
  const vanishing = vanishingPoint(backward, picture);
  return {
    calibration,
    toMetres,
    toPixel,
    metresPerPixel(x, y) {
      const here = toMetres(x, y);
      const there = toMetres(x, y + 1);
      return Math.hypot(there.right - here.right, there.up - here.up);
    },
    outwardAt(x, y) {
      if (!vanishing) return undefined;
      const [vx, vy, vw] = vanishing;
      const way = { x: vx - x * vw, y: vy - y * vw };
      const length = Math.hypot(way.x, way.y);
      return length > 0 ? { x: way.x / length, y: way.y / length } : undefined;
    },
    errorPx: Math.max(...errors),
  };
}

/** Focal length in widths of the picture: from a lens that sees 100 degrees to one that sees 3. What lies outside was clicked badly. */
const FOCAL_WIDTHS = { min: 0.4, max: 20 };

/**
 * Where all lines at right angles to the facade meet in the picture, homogeneous, since that may be far away: with
 * square pixels and the lens's axis in the picture's middle, the homography of a plane tells the focal length,
 * because the plane's two axes are at right angles and of one scale (Hartley & Zisserman, 8.8).
 */
function vanishingPoint(
  toPixel: Matrix,
  { width, height }: { width: number; height: number },
): readonly [number, number, number] | undefined {
  const middle = { x: width / 2, y: height / 2 };
  const [a = 0, b = 0, , c = 0, d = 0, , e = 0, f = 0] = toPixel;
  const right = { x: a - middle.x * e, y: c - middle.y * e, w: e };
  const up = { x: b - middle.x * f, y: d - middle.y * f, w: f };
  // Two equations for the inverse square of the focal length, as least squares.
  const crossed = { of: right.x * up.x + right.y * up.y, by: right.w * up.w };
  const lengths = { of: right.x ** 2 + right.y ** 2 - up.x ** 2 - up.y ** 2, by: right.w ** 2 - up.w ** 2 };
  const inverse = -(crossed.of * crossed.by + lengths.of * lengths.by) / (crossed.of ** 2 + lengths.of ** 2);
  const focal = 1 / Math.sqrt(inverse);
  if (!(focal >= FOCAL_WIDTHS.min * width && focal <= FOCAL_WIDTHS.max * width)) return undefined;
  const outward = {
    x: (right.y * up.w - right.w * up.y) * focal,
    y: (right.w * up.x - right.x * up.w) * focal,
    w: (right.x * up.y - right.y * up.x) / focal,
  };
  return [outward.x + middle.x * outward.w, outward.y + middle.y * outward.w, outward.w];
}

/** Eight parameters of the map from (a, b) to (c, d), normalised for numbers of one size. */
function fitHomography(pairs: readonly (readonly [number, number, number, number])[]): Matrix | undefined {
  const from = normaliser(pairs.map(([a, b]) => [a, b]));
  const to = normaliser(pairs.map(([, , c, d]) => [c, d]));
  const rows: number[][] = [];
  const right: number[] = [];
  for (const [a, b, c, d] of pairs) {
    const [x, y] = apply(from, a, b);
    const [u, v] = apply(to, c, d);
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]);
    right.push(u, v);
  }
  const normal = Array.from({ length: 8 }, (_, i) =>
    Array.from({ length: 8 }, (_, j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
  );
  const side = Array.from({ length: 8 }, (_, i) =>
    rows.reduce((sum, row, index) => sum + (row[i] ?? 0) * (right[index] ?? 0), 0),
  );
  const solution = solve(normal, side);
  const back = invert(to);
  if (!solution || !back || solution.some((value) => !Number.isFinite(value))) return undefined;
  return multiply(multiply(back, [...solution, 1]), from);
}

/** Moves the points' middle to 0 and their spread to about 1. */
function normaliser(points: readonly (readonly number[])[]): Matrix {
  const mean = (axis: number) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / points.length;
  const x = mean(0);
  const y = mean(1);
  const spread =
    points.reduce((sum, point) => sum + Math.hypot((point[0] ?? 0) - x, (point[1] ?? 0) - y), 0) / points.length;
  const scale = 1 / Math.max(spread, 1e-9);
  return [scale, 0, -x * scale, 0, scale, -y * scale, 0, 0, 1];
}

function apply(matrix: Matrix, x: number, y: number): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 1] = matrix;
  const w = g * x + h * y + i;
  return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
}

function multiply(one: Matrix, other: Matrix): Matrix {
  return Array.from({ length: 9 }, (_, index) => {
    const row = Math.floor(index / 3) * 3;
    const column = index % 3;
    return [0, 1, 2].reduce((sum, k) => sum + (one[row + k] ?? 0) * (other[k * 3 + column] ?? 0), 0);
  });
}

function invert(matrix: Matrix): Matrix | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = matrix;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (Math.abs(determinant) < 1e-12) return undefined;
  const adjugate = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
  return adjugate.map((value) => value / determinant);
}
