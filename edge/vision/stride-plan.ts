/**
 * Which share of its frames each camera gets looked at when cores run out: every frame, every second,
 * every third, … evenly, and the least important camera gives way first. Goes by what shows, step by
 * step: costs measured in advance swell with every hiccup of the machine.
 */
export interface CameraLoad {
  deviceId: string;
  importance: number;
  /** Frames a second that arrive. */
  fps: number;
  /** Frames above this rate are never looked at. */
  fpsMax: number;
  /** How late the latest picture came to its turn since the last plan. */
  lagMs: number;
}

export interface WorkerLoad {
  /** Of the worker's time since the last plan: a camera that is late while its worker is idle has a slow network. */
  busyShare: number;
  cameras: readonly CameraLoad[];
}

/** Device id → stride; 1 looks at every frame. */
export type Strides = ReadonlyMap<string, number>;

export interface StridePlan {
  /** `coresBusyShare` is of the whole machine since the last plan, whoever used it. */
  next(workers: readonly WorkerLoad[], coresBusyShare: number): Strides;
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
  /** Device id → frames given up, in steps. */
  let steps = new Map<string, number>();
  let calmPlans = 0;
  const stepsOf = ({ deviceId }: CameraLoad) => steps.get(deviceId) ?? 0;
  const stride = (load: CameraLoad) => least(load) + stepsOf(load);

  const giveWay = (cameras: readonly CameraLoad[]): void => {
    const next = byImportance(cameras).find((load) => stride(load) < highest(load));
    if (next) steps.set(next.deviceId, stepsOf(next) + 1);
  };

  return {
    next(workers, coresBusyShare) {
      const all = workers.flatMap(({ cameras }) => cameras);
      steps = new Map(all.map((load) => [load.deviceId, stepsOf(load)]));
      const isLate = (worker: WorkerLoad) => worker.cameras.some(({ lagMs }) => lagMs > LAG_MS_MAX);
      const short = workers.filter((worker) => isLate(worker) && worker.busyShare > BUSY_FROM);
      const isCalm = workers.every((worker) => !isLate(worker) && worker.busyShare < CALM_BELOW);
      calmPlans = isCalm ? calmPlans + 1 : 0;
      // Where cores are free, only the cameras of the same worker stand in each other's way.
      for (const worker of short) giveWay(coresBusyShare > BUSY_FROM ? all : worker.cameras);
      if (calmPlans >= CALM_PLANS) {
        const next = byImportance(all).findLast((load) => stepsOf(load) > 0);
        if (next) steps.set(next.deviceId, stepsOf(next) - 1);
        calmPlans = 0;
      }
      return new Map(all.map((load) => [load.deviceId, stride(load)]));
    },
  };
}

/** The least important first, and of equals the later: operators list what matters first. */
function byImportance(cameras: readonly CameraLoad[]): CameraLoad[] {
  return [...cameras].reverse().sort((a, b) => a.importance - b.importance);
}

function least({ fps, fpsMax }: CameraLoad): number {
  return Math.max(1, Math.ceil(fps / fpsMax - 0.1));
}

function highest({ fps }: CameraLoad): number {
  return Math.min(STRIDE_MAX, Math.floor(fps / FPS_MIN));
}
