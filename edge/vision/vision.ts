/**
 * The gateway's side of vision: forks the vision process, hands it cameras and pushed frames, and
 * starts it again when it ends or falls silent. Whatever a video stream does to native code, it does
 * there; nothing here blocks or throws because of it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { cameraOptionsSchema } from '../../core/camera-options.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Device } from '../../core/device.ts';
import type { Verdict } from './judge/nuisance.ts';
import type { CameraSpec, CameraState, LateEvidence, News, Order, TakenPicture, VisionEvent } from './messages.ts';

export type { CameraState, TakenPicture, VisionEvent } from './messages.ts';

export interface VisionOptions {
  /** Devices of kind high-throw-camera; others are passed over. */
  cameras: readonly Device[];
  /** Evidence files are made below here; whoever receives an event owns its files. */
  dataDir: string;
  log: Logger;
  clock: Clock;
  onEvent(event: VisionEvent): void;
  onState(state: CameraState): void;
  /** An event's picture within about a second, its clip after ten. Without this they are not handed over. */
  onEvidence?(late: LateEvidence): void;
  /** Answers `takePicture`. */
  onPicture?(taken: TakenPicture): void;
  random?: () => number;
}

export interface Vision {
  setCameras(cameras: readonly Device[]): void;
  /** A JPEG that a camera pushed. Frames that the process cannot take in time are dropped and counted. */
  pushFrame(deviceId: string, jpeg: Uint8Array): void;
  /** What a guard says of falls that a camera told. */
  judge(deviceId: string, verdict: Verdict): void;
  /** Asks for what the camera sees now; `onPicture` brings it under the same id. */
  takePicture(deviceId: string, id: string): void;
  /** Frames that were dropped on the way to the process, since the start. */
  framesDropped(): number;
  /** Process id of the vision process, while there is one. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const RESTART_MS_FIRST = 1_000;
const RESTART_MS_MAX = 30_000;
/** A process that lived for this long did not crash at its start. */
const GOOD_LIFE_MS = 60_000;
/** Longer silence than this means that native code hangs. */
const SILENT_MS_MAX = 30_000;
const STOP_MS_MAX = 6_000;
const FRAMES_ON_THE_WAY_MAX = 4;
const STDERR_LINES_MAX = 200;
/** Reads of streams wait in libuv's pool; its four threads would let four cameras block all else. */
const POOL_THREADS = '24';
/** V8's space for what is young, per worker: the default keeps 30 MB more of them, and costs no less time. */
const YOUNG_SPACE = '--max-semi-space-size=4';
/**
 * glibc otherwise keeps what was freed apart for every thread, of which decoders and the pool have dozens,
 * and pictures among small things, where they cannot be given back.
 */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(1024 * 1024) };
/** Half the share of a usual process when cores are short; more would blind the cameras on a busy machine. */
const NICENESS = 3;

export function startVision(options: VisionOptions): Vision {
  const log = options.log.child({ part: 'vision' });
  const { clock, random = Math.random } = options;
  let specs = toSpecs(options.cameras, options);
  let child: ChildProcess | undefined;
  let stopping = false;
  let crashes = 0;
  let dropped = 0;
  let lastNewsMs = 0;
  let restart: Timer | undefined;
  const onTheWay = new Map<string, number>();

  const send = (order: Order, done?: () => void): void => {
    if (child?.connected) child.send(order, () => done?.());
    else done?.();
  };

  const hear = (news: News): void => {
    lastNewsMs = clock.monotonic();
    switch (news.type) {
      case 'event':
        options.onEvent(news.event);
        break;
      case 'late-evidence':
        options.onEvidence?.(news.late);
        break;
      case 'picture':
        options.onPicture?.(news.taken);
        break;
      case 'state':
        options.onState(news.state);
        break;
      case 'said':
        log[news.said.level](news.said.fields, news.said.message);
        break;
      default:
        break;
    }
  };

  const begin = (): void => {
    if (stopping || specs.length === 0 || child) return;
    const startedMs = clock.monotonic();
    lastNewsMs = startedMs;
    const started = fork(MAIN, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning', YOUNG_SPACE],
      env: { ...process.env, LINLI_VISION_DIR: options.dataDir, UV_THREADPOOL_SIZE: POOL_THREADS, ...MALLOC },
    });
    child = started;
    onTheWay.clear();
    yieldPriority(started);
    logErrors(started, (line) => log.warn({ line }, 'vision process writes'));
    started.on('message', (news) => hear(news as News));
    started.on('error', (error) => log.error({ err: error }, 'vision process could not be reached'));
    started.on('exit', (code, signal) => {
      child = undefined;
      if (stopping || specs.length === 0) return;
      crashes = clock.monotonic() - startedMs > GOOD_LIFE_MS ? 1 : crashes + 1;
      const waitMs = Math.min(RESTART_MS_MAX, RESTART_MS_FIRST * 2 ** (crashes - 1)) * (0.8 + 0.4 * random());
      const reason = `the vision process ended (${signal ?? `code ${code}`}) and starts again`;
      log.error({ code, signal, waitMs: Math.round(waitMs), crashes }, 'vision process ended, starts again');
      for (const spec of specs) options.onState(failed(spec.deviceId, reason));
      restart = clock.after(waitMs, begin);
    });
    send({ type: 'cameras', cameras: specs });
  };

  const watchdog = clock.every(SILENT_MS_MAX / 4, () => {
    if (!child || clock.monotonic() - lastNewsMs < SILENT_MS_MAX) return;
    log.error('vision process is silent and is ended');
    child.kill('SIGKILL');
  });

  begin();
  return {
    setCameras(cameras) {
      specs = toSpecs(cameras, options);
      if (specs.length > 0 && !child) {
        restart?.cancel();
        begin();
      } else send({ type: 'cameras', cameras: specs });
    },
    pushFrame(deviceId, jpeg) {
      const waiting = onTheWay.get(deviceId) ?? 0;
      if (!child?.connected || waiting >= FRAMES_ON_THE_WAY_MAX) {
        dropped += 1;
        return;
      }
      onTheWay.set(deviceId, waiting + 1);
      send({ type: 'frame', deviceId, jpeg }, () => onTheWay.set(deviceId, (onTheWay.get(deviceId) ?? 1) - 1));
    },
    judge: (deviceId, verdict) => send({ type: 'verdict', deviceId, verdict }),
    takePicture(deviceId, id) {
      if (child?.connected) send({ type: 'picture', deviceId, id });
      else options.onPicture?.({ deviceId, id, reason: 'the vision process is starting' });
    },
    framesDropped: () => dropped,
    pid: () => child?.pid,
    async stop() {
      stopping = true;
      watchdog.cancel();
      restart?.cancel();
      const ending = child;
      if (!ending) return;
      await new Promise<void>((resolve) => {
        const timer = clock.after(STOP_MS_MAX, () => ending.kill('SIGKILL'));
        ending.once('exit', () => {
          timer.cancel();
          resolve();
        });
        send({ type: 'stop' });
      });
    },
  };
}

/** Options that do not fit their schema make a failed camera, not a failed gateway. */
function toSpecs(cameras: readonly Device[], options: Pick<VisionOptions, 'onState'>): CameraSpec[] {
  return cameras
    .filter((device) => device.kind === 'high-throw-camera')
    .flatMap((device) => {
      const parsed = cameraOptionsSchema.safeParse(device.options ?? {});
      if (parsed.success) return [{ deviceId: device.id, options: parsed.data }];
      const issue = parsed.error.issues[0];
      options.onState(failed(device.id, `camera options: ${issue?.path.join('.')}: ${issue?.message}`));
      return [];
    });
}

function failed(deviceId: string, reason: string): CameraState {
  const nothing = {
    fps: 0,
    skippedShare: 0,
    frames: { looked: 0, skipped: 0 },
    brightnessPercent: 0,
    blocked: false,
    disturbances: [],
    caution: 1,
  };
  return { deviceId, state: 'failed', ...nothing, reason };
}

/** The gateway's alarms come before the looking at pictures. */
function yieldPriority(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  } catch {
    // Not every system lets one be this polite; it works without.
  }
}

function logErrors(child: ChildProcess, log: (line: string) => void): void {
  let lines = 0;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line.trim() === '' || lines >= STDERR_LINES_MAX) continue;
      lines += 1;
      log(line);
    }
  });
}
