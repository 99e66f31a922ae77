/**
 * The still part of a camera's picture: a residential tower with windows, balconies and air
 * conditioners under a sky. Drawn once per camera, pixel by pixel through the projection.
 */
import type { Random } from '../random.ts';
import { type Canvas, type Colour, createCanvas } from './canvas.ts';
import { type FacadePlan, type Projection, projectFacade } from './geometry.ts';

export interface Facade {
  plan: FacadePlan;
  projection: Projection;
  still: Canvas;
  /** Shares of the picture: the facade's corners, for calibration. */
  corners: { x: number; y: number; column: number; floor: number }[];
}

interface Look {
  wall: Colour;
  sky: Colour;
  /** Per window: brightness of the glass, 0 to 1, and whether a curtain is drawn. */
  glass: number[];
  curtain: boolean[];
  airConditioner: boolean[];
  balconyColumns: boolean[];
}

const SAMPLES = [0.25, 0.75] as const;

export function drawFacade(size: { width: number; height: number }, plan: FacadePlan, random: Random): Facade {
  const { width, height } = size;
  const lean = random.between(-0.02, 0.02);
  const inset = random.between(0.05, 0.09);
  const corners = [
    { x: width * (0.2 + lean), y: height * 0.96 },
    { x: width * (0.8 + lean), y: height * (0.96 + lean) },
    { x: width * (0.8 - inset), y: height * (0.07 + lean / 2) },
    { x: width * (0.2 + inset), y: height * 0.07 },
  ] as const;
  const projection = projectFacade(plan, corners);
  const look = makeLook(plan, random);
  const still = createCanvas(width, height);
  for (let y = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2)
      drawBlock(still, { x, y }, (px, py) => colourAt(px, py, { plan, projection, look, height }));
  const top = plan.lowestFloor + plan.floors;
  const named = [
    { column: 0, floor: plan.lowestFloor },
    { column: plan.columns, floor: plan.lowestFloor },
    { column: plan.columns, floor: top },
    { column: 0, floor: top },
  ];
  return {
    plan,
    projection,
    still,
    corners: corners.map((corner, index) => ({
      x: corner.x / width,
      y: corner.y / height,
      column: named[index]?.column ?? 0,
      floor: named[index]?.floor ?? 0,
    })),
  };
}

function makeLook(plan: FacadePlan, random: Random): Look {
  const windows = plan.columns * plan.floors;
  const list = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  return {
    wall: { y: random.between(135, 185), u: random.between(112, 126), v: random.between(130, 142) },
    sky: { y: random.between(195, 225), u: random.between(132, 146), v: random.between(112, 124) },
    glass: list(windows, () => (random.chance(0.15) ? random.between(0.5, 0.75) : random.between(0.15, 0.4))),
    curtain: list(windows, () => random.chance(0.4)),
    airConditioner: list(windows, () => random.chance(0.35)),
    balconyColumns: list(plan.columns, () => random.chance(0.4)),
  };
}

/** Two by two pixels share one chroma sample. */
function drawBlock(canvas: Canvas, at: { x: number; y: number }, colour: (x: number, y: number) => Colour): void {
  let u = 0;
  let v = 0;
  for (let dy = 0; dy < 2; dy++) {
    for (let dx = 0; dx < 2; dx++) {
      let level = 0;
      for (const sy of SAMPLES)
        for (const sx of SAMPLES) {
          const sample = colour(at.x + dx + sx, at.y + dy + sy);
          level += sample.y / 4;
          u += sample.u / 16;
          v += sample.v / 16;
        }
      canvas.y[(at.y + dy) * canvas.width + at.x + dx] = level;
    }
  }
  const chroma = (at.y >> 1) * (canvas.width >> 1) + (at.x >> 1);
  canvas.u[chroma] = u;
  canvas.v[chroma] = v;
}

interface View {
  plan: FacadePlan;
  projection: Projection;
  look: Look;
  height: number;
}

const GROUND: Colour = { y: 105, u: 126, v: 129 };

function colourAt(x: number, y: number, view: View): Colour {
  const { plan, projection, look } = view;
  const place = projection.toMetres(x, y);
  if (place.y < 0) return GROUND;
  const column = Math.floor(place.x / plan.columnWidthMetres);
  const row = Math.floor(place.y / plan.floorHeightMetres);
  if (column < 0 || column >= plan.columns || row >= plan.floors) {
    return { y: look.sky.y + 20 * (y / view.height) - 10, u: look.sky.u, v: look.sky.v };
  }
  return windowCell(
    { right: place.x - column * plan.columnWidthMetres, up: place.y - row * plan.floorHeightMetres },
    { plan, look, column, window: row * plan.columns + column },
  );
}

/** One storey of one column: wall, glass with frame, curtain, balcony, air conditioner. Metres from its lower left. */
function windowCell(
  at: { right: number; up: number },
  cell: { plan: FacadePlan; look: Look; column: number; window: number },
): Colour {
  const { plan, look, column, window } = cell;
  const wall = { ...look.wall, y: look.wall.y - (at.up < 0.12 ? 28 : 0) };
  const left = plan.columnWidthMetres * 0.24;
  const right = plan.columnWidthMetres * 0.72;
  if (look.balconyColumns[column] && at.up < 1.05 && at.right > left - 0.3 && at.right < right + 0.3) {
    const bar = at.right % 0.35 < 0.12 || at.up > 0.93;
    return bar ? { y: wall.y * 0.55, u: 128, v: 128 } : { y: wall.y * 0.85, u: wall.u, v: wall.v };
  }
  const isGlass = at.right > left && at.right < right && at.up > 0.95 && at.up < 2.4;
  if (isGlass) {
    const middle = Math.abs(at.right - (left + right) / 2);
    const edge = Math.min(at.right - left, right - at.right, at.up - 0.95, 2.4 - at.up, middle);
    if (edge < 0.07) return { y: 215, u: 128, v: 128 };
    const glass = look.glass[window] ?? 0.3;
    if (look.curtain[window] && at.right < left + (right - left) * 0.35) return { y: 175, u: 120, v: 136 };
    return { y: 255 * glass * (0.75 + at.up * 0.13), u: 136, v: 124 };
  }
  const isUnit = at.right > right + 0.15 && at.right < right + 0.85 && at.up > 0.25 && at.up < 0.8;
  if (look.airConditioner[window] && isUnit) return { y: at.up < 0.32 ? 90 : 205, u: 128, v: 128 };
  return wall;
}
