/** What falls and what only looks as if: each thing moves in metres on the facade or in pixels, and draws itself. */
import type { Random } from '../random.ts';
import { type Blob, type Canvas, type Colour, drawBlob } from './canvas.ts';
import type { FacadePlan, Projection } from './geometry.ts';

export const FALLING_OBJECTS = ['bottle', 'bag', 'box', 'can', 'garment'] as const;
export type FallingObject = (typeof FALLING_OBJECTS)[number];

/** A thing in the picture. `step` moves it on by so many seconds; `draw` smears it over the exposure. */
export interface Thing {
  step(seconds: number): void;
  draw(canvas: Canvas, exposureSeconds: number): void;
  isGone(): boolean;
}

interface Material {
  sizeMetres: number;
  aspect: number;
  /** Quadratic drag over mass, per metre: terminal speed is sqrt(9.81 / drag). */
  dragPerMetre: number;
  turnPerSecond: number;
  colours: readonly Colour[];
}

const WHITE: Colour = { y: 248, u: 128, v: 128 };
const DARK: Colour = { y: 22, u: 130, v: 126 };

const MATERIALS: Readonly<Record<FallingObject, Material>> = {
  bottle: { sizeMetres: 0.5, aspect: 0.45, dragPerMetre: 0.006, turnPerSecond: 9, colours: [DARK] },
  bag: {
    sizeMetres: 0.62,
    aspect: 0.8,
    dragPerMetre: 0.12,
    turnPerSecond: 2,
    colours: [WHITE, { y: 30, u: 150, v: 118 }],
  },
  box: { sizeMetres: 0.6, aspect: 0.75, dragPerMetre: 0.02, turnPerSecond: 3, colours: [DARK, WHITE] },
  can: {
    sizeMetres: 0.42,
    aspect: 0.7,
    dragPerMetre: 0.012,
    turnPerSecond: 12,
    colours: [{ y: 30, u: 118, v: 190 }, WHITE],
  },
  garment: {
    sizeMetres: 0.8,
    aspect: 0.6,
    dragPerMetre: 0.3,
    turnPerSecond: 2.5,
    colours: [{ y: 40, u: 170, v: 110 }, WHITE],
  },
};

const GRAVITY = 9.81;

export interface Throw {
  object: FallingObject;
  metresRight: number;
  metresUp: number;
  wind: number;
}

export function createFalling(
  thrown: Throw,
  scene: { plan: FacadePlan; projection: Projection },
  random: Random,
): Thing {
  const material = MATERIALS[thrown.object];
  const colour = random.pick(material.colours);
  const turn = material.turnPerSecond * random.between(0.6, 1.4) * (random.chance(0.5) ? 1 : -1);
  let x = thrown.metresRight;
  let y = thrown.metresUp;
  let vx = random.between(-1, 1);
  let vy = random.between(0, 0.8);
  let angle = random.between(0, 6.28);
  const size = material.sizeMetres * random.between(0.9, 1.15);

  const blobAt = (seconds: number): Blob => {
    const right = x + vx * seconds;
    const up = y + vy * seconds;
    const pixel = scene.projection.toPixel(right, up);
    const radius = (size / 2) * scene.projection.scale(right, up);
    return { ...pixel, radiusX: radius, radiusY: radius * material.aspect, angle: angle + turn * seconds };
  };
  return {
    step(seconds) {
      // Small steps keep the drag stable for light things.
      const parts = Math.max(1, Math.ceil(seconds / 0.005));
      const dt = seconds / parts;
      for (let part = 0; part < parts; part++) {
        const rx = vx - thrown.wind;
        const speed = Math.hypot(rx, vy);
        vx -= material.dragPerMetre * speed * rx * dt;
        vy -= (GRAVITY + material.dragPerMetre * speed * vy) * dt;
        x += vx * dt;
        y += vy * dt;
      }
      angle += turn * seconds;
    },
    draw: (canvas, exposureSeconds) => drawBlob(canvas, { before: blobAt(0), after: blobAt(exposureSeconds) }, colour),
    isGone: () => y < -2,
  };
}

/** A bird in picture heights a second: glides or flaps across, sometimes dives a little and pulls out. */
export function createBird(size: { width: number; height: number }, random: Random): Thing {
  const toRight = random.chance(0.5);
  const speed = size.height * random.between(0.25, 0.7) * (toRight ? 1 : -1);
  const span = size.height * random.between(0.008, 0.02);
  const flaps = random.between(3, 7) * 2 * Math.PI;
  const wave = random.between(0.5, 1.6);
  let x = toRight ? -10 : size.width + 10;
  const level = size.height * random.between(0.05, 0.8);
  let age = random.between(0, 3);
  const blobAt = (seconds: number): Blob => {
    const time = age + seconds;
    const y = level + Math.sin(time * wave) * size.height * 0.09 + Math.sin(time * flaps) * span * 0.2;
    return {
      x: x + speed * seconds,
      y,
      radiusX: span,
      radiusY: span * (0.25 + 0.35 * Math.abs(Math.sin(time * flaps))),
      angle: 0.1,
    };
  };
  return {
    step(seconds) {
      age += seconds;
      x += speed * seconds;
    },
    draw: (canvas, exposureSeconds) => drawBlob(canvas, { before: blobAt(0), after: blobAt(exposureSeconds) }, DARK),
    isGone: () => x < -40 || x > size.width + 40,
  };
}

/** An insect close to the lens: large, blurred, erratic. */
export function createInsect(size: { width: number; height: number }, random: Random): Thing {
  let x = random.between(0, size.width);
  let y = random.chance(0.5) ? -8 : size.height + 8;
  let vx = random.between(-1, 1) * size.height;
  let vy = (y < 0 ? 1 : -1) * random.between(0.2, 1) * size.height;
  const radius = size.height * random.between(0.008, 0.022);
  let ageSeconds = 0;
  return {
    step(seconds) {
      ageSeconds += seconds;
      vx += random.normal() * size.height * 5 * seconds;
      vy += random.normal() * size.height * 5 * seconds;
      x += vx * seconds;
      y += vy * seconds;
    },
    draw(canvas, exposureSeconds) {
      const before = { x, y, radiusX: radius, radiusY: radius, angle: 0 };
      const after = { ...before, x: x + vx * exposureSeconds, y: y + vy * exposureSeconds };
      drawBlob(canvas, { before, after, opacity: 0.5 }, { y: 70, u: 128, v: 128 });
    },
    isGone: () => ageSeconds > 4 || x < -60 || x > size.width + 60 || y < -60 || y > size.height + 60,
  };
}

/** A leaf that floats down in wide swings. */
export function createLeaf(size: { width: number; height: number }, random: Random): Thing {
  let x = random.between(0, size.width);
  let y = size.height * random.between(-0.05, 0.5);
  const fall = size.height * random.between(0.06, 0.12);
  const swing = size.height * random.between(0.05, 0.12);
  const rate = random.between(2, 4);
  const drift = size.height * random.between(-0.1, 0.1);
  const radius = size.height * random.between(0.005, 0.009);
  let age = random.between(0, 6);
  const blobAt = (seconds: number): Blob => {
    const time = age + seconds;
    const phase = time * rate;
    return {
      x: x + Math.sin(phase) * swing + drift * seconds,
      y: y - Math.abs(Math.sin(phase)) * swing * 0.5 + fall * seconds,
      radiusX: radius,
      radiusY: radius * (0.3 + 0.6 * Math.abs(Math.cos(phase))),
      angle: Math.cos(phase),
    };
  };
  return {
    step(seconds) {
      age += seconds;
      x += drift * seconds;
      y += fall * seconds;
    },
    draw: (canvas, exposureSeconds) =>
      drawBlob(canvas, { before: blobAt(0), after: blobAt(exposureSeconds) }, { y: 95, u: 105, v: 140 }),
    isGone: () => y > size.height + 20 || x < -60 || x > size.width + 60,
  };
}
