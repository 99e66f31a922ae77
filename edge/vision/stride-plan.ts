/**
 * Which share of its frames each camera gets looked at when cores run out: every frame, every
 * second, every third, … evenly, and the least important camera gives way first.
 */
export interface CameraLoad {
  importance: number;
  /** Frames a second that arrive. */
  fps: number;
  /** Cost of every frame, looked at or not (a video codec must decode them all). */
  decodeMs: number;
  /** Cost of a frame that is looked at. */
  lookMs: number;
  /** Frames above this rate are never looked at. */
  fpsMax: number;
}

const STRIDE_MAX = 4;
/** Below this rate a falling object is seen too seldom to be followed: better late than blind. */
const FPS_MIN = 6;

/** One stride per camera, in the order of `loads`; 1 looks at every frame. */
export function planStrides(loads: readonly CameraLoad[], budgetMsPerSecond: number): number[] {
  const strides = loads.map((load) => Math.max(1, Math.ceil(load.fps / load.fpsMax - 0.1)));
  const total = () =>
    loads.reduce((sum, load, index) => sum + load.fps * (load.decodeMs + load.lookMs / (strides[index] ?? 1)), 0);
  // The later camera gives way first among equals: operators list what matters first.
  const order = loads.map((_, index) => index).sort((a, b) => importance(loads, a) - importance(loads, b) || b - a);
  for (const index of order) {
    const highest = Math.min(STRIDE_MAX, Math.floor((loads[index]?.fps ?? 0) / FPS_MIN));
    while (total() > budgetMsPerSecond && (strides[index] ?? highest) < highest)
      strides[index] = (strides[index] ?? 1) + 1;
  }
  return strides;
}

function importance(loads: readonly CameraLoad[], index: number): number {
  return loads[index]?.importance ?? 0;
}
