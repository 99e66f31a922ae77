/**
 * Which share of its frames each camera of a worker gets looked at when cores run out: every frame,
 * every second, every third, … evenly, and the least important camera gives way first. Goes by what
 * shows, step by step: costs measured in advance swell with every hiccup of the machine.
 */
export interface CameraLoad {
  importance: number;
  /** Frames a second that arrive. */
  fps: number;
  /** Frames above this rate are never looked at. */
  fpsMax: number;
  /** How late the latest picture came to its turn since the last plan. */
  lagMs: number;
}

export interface StridePlan {
  /**
   * One stride per camera, in the order of `loads`; 1 looks at every frame. `busyShare` is of the
   * worker's time since the last plan: a camera that is late while the worker is idle has a slow network.
   */
  next(loads: readonly CameraLoad[], busyShare: number): number[];
}

const STRIDE_MAX = 4;
/** Below this rate a falling object is seen too seldom to be followed: better late than blind. */
const FPS_MIN = 6;
const LAG_MS_MAX = 500;
const BUSY_FROM = 0.85;
/** With so much idle for some plans in a row one step is taken back. */
const CALM_BELOW = 0.7;
const CALM_PLANS = 3;

export function createStridePlan(): StridePlan {
  /** Frames given up, in steps per camera's place; a change of cameras begins anew. */
  let steps: number[] = [];
  let calmPlans = 0;
  return {
    next(loads, busyShare) {
      if (steps.length !== loads.length) steps = loads.map(() => 0);
      const isLate = loads.some(({ lagMs }) => lagMs > LAG_MS_MAX);
      calmPlans = !isLate && busyShare < CALM_BELOW ? calmPlans + 1 : 0;
      const least = loads.map(({ fps, fpsMax }) => Math.max(1, Math.ceil(fps / fpsMax - 0.1)));
      const stride = (index: number) => (least[index] ?? 1) + (steps[index] ?? 0);
      // The later camera gives way first among equals: operators list what matters first.
      const order = loads
        .map((_, index) => index)
        .sort((a, b) => (loads[a]?.importance ?? 0) - (loads[b]?.importance ?? 0) || b - a);
      if (isLate && busyShare > BUSY_FROM) {
        const next = order.find((index) => stride(index) < highest(loads[index]));
        if (next !== undefined) steps[next] = (steps[next] ?? 0) + 1;
      } else if (calmPlans >= CALM_PLANS) {
        const next = order.findLast((index) => (steps[index] ?? 0) > 0);
        if (next !== undefined) steps[next] = (steps[next] ?? 0) - 1;
        calmPlans = 0;
      }
      return loads.map((_, index) => stride(index));
    },
  };
}

function highest(load: CameraLoad | undefined): number {
  return Math.min(STRIDE_MAX, Math.floor((load?.fps ?? 0) / FPS_MIN));
}
