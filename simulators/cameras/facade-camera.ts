/**
 * A simulated facade camera: a seeded tower on which things can be thrown, and everything that
 * fools detectors. In: commands and time. Out: JPEG frames to listeners, at a steady rate, and only
 * while somebody listens, so that an unwatched camera costs nothing.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { STREAM_FPS } from '../devices/high-throw-camera.ts';
import { seededRandom } from '../random.ts';
import { type Canvas, createCanvas } from './canvas.ts';
import { drawClockText } from './clock-text.ts';
import { drawFacade } from './facade.ts';
import type { FacadePlan } from './geometry.ts';
import { createJpegEncoder, type JpegEncoder } from './jpeg.ts';
import {
  createLaundry,
  createNoise,
  createPrecipitation,
  createTrees,
  type Layer,
  type Weather,
} from './surroundings.ts';
import {
  createBird,
  createFalling,
  createInsect,
  createLeaf,
  FALLING_OBJECTS,
  type FallingObject,
  type Thing,
} from './things.ts';

export interface FacadeCameraOptions {
  seed: string;
  width?: number;
  height?: number;
  fps?: number;
  clock: Clock;
  plan?: Partial<FacadePlan>;
}

interface ThrowOptions {
  object?: FallingObject;
  /** Default: a seeded choice among the upper floors. */
  floor?: number;
  /** From 0 at the left. */
  column?: number;
}

interface Thrown {
  object: FallingObject;
  floor: number;
  column: number;
  at: number;
}

/** What can be wrong with a camera itself. */
type Mishap = 'none' | 'freeze' | 'cover' | 'shake' | 'light-step';

export interface FacadeCamera {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Fits `options.calibration` of the high-throw-camera. */
  readonly calibration: {
    points: { x: number; y: number; column: number; floor: number }[];
    columns: string[];
    lowestFloor: number;
    highestFloor: number;
    floorHeightMetres: number;
    columnWidthMetres: number;
  };
  throwObject(options?: ThrowOptions): Thrown;
  weather(kind: Weather): void;
  mishap(kind: Mishap): void;
  /** Lets one bird, insect or leaf through the picture now. */
  release(kind: 'bird' | 'insect' | 'leaf'): void;
  /** Share of a second in which a bird, insect or leaf appears by itself; 0 keeps the picture empty. */
  wildlife(perSecond: number): void;
  /** Moves the world on by one frame and draws it. For tests and recordings without a clock. */
  nextPicture(): Canvas;
  /** Listens to JPEG frames; the camera runs while it is started and has listeners. */
  onFrame(listener: (jpeg: Buffer) => void): () => void;
  start(): void;
  stop(): void;
}

const PLAN: FacadePlan = { columns: 6, lowestFloor: 1, floors: 11, columnWidthMetres: 3.6, floorHeightMetres: 2.9 };
/** Share of a frame's period during which the shutter is open. */
const SHUTTER_SHARE = 0.25;

export function createFacadeCamera(options: FacadeCameraOptions): FacadeCamera {
  const { width = 640, height = 360, fps = STREAM_FPS, clock } = options;
  const plan: FacadePlan = { ...PLAN, ...options.plan };
  const random = seededRandom(`camera/${options.seed}`);
  const facade = drawFacade({ width, height }, plan, random.fork('facade'));
  const size = { width, height };
  const layers: Layer[] = [createLaundry(facade, random.fork('laundry')), createTrees(size, random.fork('trees'))];
  const front: Layer[] = [createPrecipitation(size, random.fork('rain')), createNoise(size, random.fork('noise'))];
  const chance = random.fork('chance');
  const canvas = createCanvas(width, height);
  const listeners = new Set<(jpeg: Buffer) => void>();
  let encoder: JpegEncoder | undefined;
  let things: Thing[] = [];
  let weather: Weather = 'clear';
  let mishap: Mishap = 'none';
  let wildlifePerSecond = 0.05;
  let timer: Timer | undefined;
  let frames = 0;
  const startedAt = clock.now();

  const release = (kind: 'bird' | 'insect' | 'leaf') => {
    const make = { bird: createBird, insect: createInsect, leaf: createLeaf }[kind];
    if (things.length < 40) things.push(make(size, random.fork(`${kind}/${frames}/${things.length}`)));
  };

  const nextPicture = (): Canvas => {
    frames += 1;
    if (mishap === 'freeze') return canvas;
    const seconds = frames / fps;
    canvas.bytes.set(facade.still.bytes);
    for (const layer of layers) layer.draw(canvas, { seconds, weather });
    if (chance.chance(wildlifePerSecond / fps)) release(chance.pick(['bird', 'bird', 'insect', 'leaf']));
    for (const thing of things) thing.draw(canvas, SHUTTER_SHARE / fps);
    for (const thing of things) thing.step(1 / fps);
    things = things.filter((thing) => !thing.isGone());
    for (const layer of front) layer.draw(canvas, { seconds, weather });
    drawClockText(canvas, startedAt + (frames * 1000) / fps);
    spoil(canvas, mishap, { frames, random: chance.next() });
    return canvas;
  };

  const send = () => {
    if (listeners.size === 0) return;
    encoder ??= createJpegEncoder();
    const jpeg = encoder.encode(nextPicture());
    for (const listener of listeners) listener(jpeg);
  };

  return {
    width,
    height,
    fps,
    calibration: {
      points: facade.corners,
      columns: Array.from({ length: plan.columns }, (_, index) => String(index + 1)),
      lowestFloor: plan.lowestFloor,
      highestFloor: plan.lowestFloor + plan.floors - 1,
      floorHeightMetres: plan.floorHeightMetres,
      columnWidthMetres: plan.columnWidthMetres,
    },
    throwObject(wanted = {}) {
      const object = wanted.object ?? chance.pick(FALLING_OBJECTS);
      const column = wanted.column ?? Math.floor(chance.between(0, plan.columns));
      const floor = wanted.floor ?? plan.lowestFloor + Math.floor(chance.between(plan.floors * 0.5, plan.floors));
      const thrown = {
        object,
        metresRight: (column + 0.5) * plan.columnWidthMetres,
        metresUp: (floor - plan.lowestFloor + 0.5) * plan.floorHeightMetres,
        wind: weather === 'wind' ? chance.between(-3, 3) : chance.between(-0.6, 0.6),
      };
      things.push(createFalling(thrown, facade, random.fork(`throw/${frames}/${things.length}`)));
      return { object, floor, column, at: clock.now() };
    },
    weather(kind) {
      weather = kind;
    },
    mishap(kind) {
      mishap = kind;
    },
    release,
    wildlife(perSecond) {
      wildlifePerSecond = perSecond;
    },
    nextPicture,
    onFrame(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start() {
      timer ??= clock.every(1000 / fps, send);
    },
    stop() {
      timer?.cancel();
      timer = undefined;
      encoder?.close();
      encoder = undefined;
    },
  };
}

/** Frames between two changes of a flickering light. */
const LIGHT_FRAMES = 40;

function spoil(canvas: Canvas, mishap: Mishap, frame: { frames: number; random: number }): void {
  if (mishap === 'cover') {
    for (let index = 0; index < canvas.y.length; index++) canvas.y[index] = 14 + (canvas.y[index] as number) * 0.02;
    canvas.u.fill(128);
    canvas.v.fill(128);
  }
  if (mishap === 'shake') {
    const shift = Math.round((frame.random - 0.5) * 8);
    canvas.y.copyWithin(Math.max(0, shift * canvas.width + shift), Math.max(0, -shift * canvas.width - shift));
  }
  if (mishap === 'light-step' && Math.floor(frame.frames / LIGHT_FRAMES) % 2 === 1)
    for (let index = 0; index < canvas.y.length; index++) canvas.y[index] = (canvas.y[index] as number) * 0.7;
}
