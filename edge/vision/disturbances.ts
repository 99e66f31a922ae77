/**
 * What the whole picture went through: shakes, in which falls are found less surely, and light steps (a
 * lamp, the infrared filter), in which no fall begins. Operators are told how often and how long.
 */
import type { PictureState } from './look/picture.ts';

const DISTURBANCES = ['shake', 'light-step'] as const;
type DisturbanceType = (typeof DISTURBANCES)[number];

export interface Disturbance {
  type: DisturbanceType;
  /** Since the camera began; what comes again within three seconds is the same one. */
  count: number;
  /** All of them together. */
  seconds: number;
  /** Epoch ms. */
  lastAt: number;
}

export interface Disturbances {
  see(condition: PictureState['condition'], atMs: number): void;
  /** The newest of the last seconds. */
  now(): DisturbanceType | undefined;
  /** Those that happened. */
  list(): Disturbance[];
}

/** Longer than the pause between two reports of a camera's state. */
const APART_MS = 3_000;
/** Frames farther apart than this do not tell what was between them. */
const FRAME_MS_MAX = 1_000;

export function createDisturbances(): Disturbances {
  const known = new Map<DisturbanceType, Disturbance>();
  let beforeMs: number | undefined;
  return {
    see(condition, atMs) {
      const spanMs = Math.min(FRAME_MS_MAX, atMs - (beforeMs ?? atMs));
      beforeMs = atMs;
      const type = DISTURBANCES.find((one) => one === condition);
      if (!type) return;
      const before = known.get(type) ?? { type, count: 0, seconds: 0, lastAt: Number.NEGATIVE_INFINITY };
      known.set(type, {
        type,
        count: atMs - before.lastAt > APART_MS ? before.count + 1 : before.count,
        seconds: before.seconds + spanMs / 1000,
        lastAt: atMs,
      });
    },
    now() {
      const [newest] = [...known.values()].sort((a, b) => b.lastAt - a.lastAt);
      return newest && (beforeMs ?? 0) - newest.lastAt <= APART_MS ? newest.type : undefined;
    },
    list: () => [...known.values()],
  };
}
