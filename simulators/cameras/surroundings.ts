/** What always moves around a facade: trees, laundry, rain and snow, the sensor's noise. */
import type { Random } from '../random.ts';
import { type Canvas, type Colour, drawBlob, drawStreak } from './canvas.ts';
import type { FacadePlan, Projection } from './geometry.ts';

export type Weather = 'clear' | 'wind' | 'rain' | 'snow';

export interface Layer {
  draw(canvas: Canvas, frame: { seconds: number; weather: Weather }): void;
}

const LEAVES: Colour = { y: 70, u: 112, v: 120 };

/** Crowns of leaves in both lower corners; each tuft swings on its own. */
export function createTrees(size: { width: number; height: number }, random: Random): Layer {
  const tufts = Array.from({ length: 60 }, (_, index) => {
    const left = index % 2 === 0;
    const reach = Math.abs(random.normal()) * 0.07;
    return {
      x: size.width * (left ? 0.03 + reach : 0.97 - reach),
      y: size.height * (0.78 + random.between(-0.12, 0.24)),
      radius: size.height * random.between(0.015, 0.05),
      phase: random.between(0, 6.28),
      rate: random.between(0.8, 2.2),
      level: LEAVES.y + random.between(-25, 25),
    };
  });
  return {
    draw(canvas, { seconds, weather }) {
      const swing = (weather === 'wind' ? 0.012 : weather === 'clear' ? 0.003 : 0.005) * size.height;
      for (const tuft of tufts) {
        const x = tuft.x + Math.sin(seconds * tuft.rate * 2 + tuft.phase) * swing;
        const y = tuft.y + Math.cos(seconds * tuft.rate * 1.7 + tuft.phase) * swing * 0.4;
        const blob = { x, y, radiusX: tuft.radius, radiusY: tuft.radius * 0.8, angle: tuft.phase };
        drawBlob(canvas, { before: blob, after: blob }, { ...LEAVES, y: tuft.level });
      }
    },
  };
}

/** Shirts and sheets below some windows. */
export function createLaundry(scene: { plan: FacadePlan; projection: Projection }, random: Random): Layer {
  const { plan, projection } = scene;
  const pieces = Array.from({ length: 5 }, () => {
    const column = Math.floor(random.between(0, plan.columns));
    const row = Math.floor(random.between(1, plan.floors));
    const right = (column + random.between(0.3, 0.65)) * plan.columnWidthMetres;
    const up = (row + 0.15) * plan.floorHeightMetres;
    const scale = projection.scale(right, up);
    return {
      at: projection.toPixel(right, up),
      width: random.between(0.25, 0.5) * scale,
      length: random.between(0.35, 0.55) * scale,
      phase: random.between(0, 6.28),
      colour: random.pick([
        { y: 235, u: 128, v: 128 },
        { y: 90, u: 165, v: 112 },
        { y: 110, u: 110, v: 180 },
      ]),
    };
  });
  return {
    draw(canvas, { seconds, weather }) {
      const strength = weather === 'wind' ? 0.3 : 0.08;
      for (const piece of pieces) {
        const angle =
          Math.sin(seconds * 2.3 + piece.phase) * strength + Math.sin(seconds * 5.1 + piece.phase) * strength * 0.4;
        const x = piece.at.x + Math.sin(angle) * piece.length;
        const y = piece.at.y + Math.cos(angle) * piece.length;
        const blob = { x, y, radiusX: piece.width, radiusY: piece.length, angle: -angle };
        drawBlob(canvas, { before: blob, after: blob }, piece.colour);
      }
    },
  };
}

const STREAKS = 130;
const FLAKES = 110;

/** Rain is new in every frame: a drop crosses the picture faster than frames follow each other. */
export function createPrecipitation(size: { width: number; height: number }, random: Random): Layer {
  const flakes = Array.from({ length: FLAKES }, () => ({
    x: random.between(0, 1),
    y: random.between(0, 1),
    near: random.between(0.4, 1.6),
    phase: random.between(0, 6.28),
  }));
  return {
    draw(canvas, { seconds, weather }) {
      if (weather === 'rain') {
        for (let drop = 0; drop < STREAKS; drop++) {
          const near = random.between(0.3, 1.3);
          const streak = {
            x: random.between(-20, size.width),
            y: random.between(-20, size.height),
            dx: 1.5 * near,
            dy: size.height * 0.045 * near,
            alpha: 0.12 * near,
          };
          drawStreak(canvas, streak, { y: 235, u: 128, v: 128 });
        }
      }
      if (weather === 'snow') {
        for (const flake of flakes) {
          const y = ((flake.y + seconds * 0.22 * flake.near) % 1.1) * size.height;
          const x = ((flake.x + seconds * 0.03 + Math.sin(seconds + flake.phase) * 0.012 + 1) % 1) * size.width;
          const radius = 0.9 * flake.near;
          const blob = { x, y, radiusX: radius, radiusY: radius, angle: 0 };
          drawBlob(
            canvas,
            { before: blob, after: { ...blob, y: y + 1.5 * flake.near }, opacity: 0.8 },
            { y: 250, u: 128, v: 128 },
          );
        }
      }
    },
  };
}

/** Gaussian noise of the sensor, from a table that is entered at another place each frame. */
export function createNoise(size: { width: number; height: number }, random: Random): Layer {
  const table = Int8Array.from({ length: size.width * size.height + 9973 }, () => Math.round(random.normal() * 1.3));
  return {
    draw(canvas) {
      const start = Math.floor(random.between(0, 9973));
      const { y } = canvas;
      for (let index = 0; index < y.length; index++) y[index] = (y[index] as number) + (table[start + index] as number);
    },
  };
}
