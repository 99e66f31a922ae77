/**
 * The vision process: forked and supervised by the gateway (vision.ts). Spreads the cameras over
 * worker threads, plans who gives up frames when cores run out, and passes orders and news on; its
 * own thread does nothing that blocks. Ends when the gateway does.
 */
import { availableParallelism, cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../core/clock.ts';
import type { CameraSpec, News, Order, WorkerNews, WorkerOrder } from './messages.ts';
import { createStridePlan, type WorkerLoad } from './stride-plan.ts';

const ALIVE_PERIOD_MS = 2_000;
const PLAN_PERIOD_MS = 2_000;
/** With as many workers as cores, three cameras on two of them would leave a core idle beside a worker that is short. */
const WORKERS_PER_CORE = 2;
const dataDir = process.env.LINLI_VISION_DIR ?? 'data/vision';
const workersMax = availableParallelism() * WORKERS_PER_CORE;

interface Share {
  worker: Worker;
  cameras: CameraSpec[];
  load: WorkerLoad;
}

const shares: Share[] = [];
let stopping = false;
let running = 0;

const tell = (news: News) => {
  if (process.connected) process.send?.(news);
};

function openShare(): Share {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { dataDir } });
  const share: Share = { worker, cameras: [], load: { busyShare: 0, cameras: [] } };
  running += 1;
  worker.on('message', (news: WorkerNews) => {
    if (news.type === 'load') share.load = news.load;
    else if (news.type !== 'stopped' && news.type !== 'ready') tell(news);
  });
  worker.on('error', (error) => {
    // One broken worker ends the process: the supervisor starts all of it afresh, and says so.
    process.stderr.write(`vision worker: ${error.stack ?? error.message}\n`);
    process.exit(1);
  });
  worker.on('exit', () => {
    running -= 1;
    if (!stopping) process.exit(1);
    if (running === 0) finish();
  });
  shares.push(share);
  return share;
}

function give(share: Share, order: WorkerOrder, transfer: ArrayBuffer[] = []): void {
  share.worker.postMessage(order, transfer);
}

/** Cameras stay with their worker; a new one goes where the fewest are. */
function setCameras(cameras: readonly CameraSpec[]): void {
  const wanted = new Map(cameras.map((camera) => [camera.deviceId, camera]));
  for (const share of shares)
    share.cameras = share.cameras.flatMap((camera) => {
      const known = wanted.get(camera.deviceId);
      wanted.delete(camera.deviceId);
      return known ? [known] : [];
    });
  for (const camera of wanted.values()) {
    const emptiest = [...shares].sort((a, b) => a.cameras.length - b.cameras.length)[0];
    const share = emptiest && (emptiest.cameras.length === 0 || shares.length >= workersMax) ? emptiest : openShare();
    share.cameras.push(camera);
  }
  for (const share of shares) give(share, { type: 'cameras', cameras: share.cameras });
}

function shareOf(deviceId: string): Share | undefined {
  return shares.find(({ cameras }) => cameras.some((camera) => camera.deviceId === deviceId));
}

function stop(): void {
  if (stopping) return;
  stopping = true;
  if (running === 0) finish();
  for (const share of shares) give(share, { type: 'stop' });
}

function finish(): void {
  tell({ type: 'stopped' });
  if (process.connected) process.disconnect();
}

process.on('message', (order: Order) => {
  switch (order.type) {
    case 'cameras':
      setCameras(order.cameras);
      return;
    case 'frame': {
      const share = shareOf(order.deviceId);
      // A copy of its own, so that it can move to the worker without another one.
      const jpeg = Uint8Array.from(order.jpeg);
      if (share) give(share, { type: 'frame', deviceId: order.deviceId, jpeg }, [jpeg.buffer]);
      return;
    }
    case 'verdict': {
      const share = shareOf(order.deviceId);
      if (share) give(share, order);
      return;
    }
    case 'picture': {
      const { deviceId, id } = order;
      const share = shareOf(deviceId);
      if (share) give(share, order);
      else tell({ type: 'picture', taken: { deviceId, id, reason: 'the camera is not looked at' } });
      return;
    }
    case 'stop':
      stop();
      return;
  }
});
process.on('disconnect', () => process.exit(stopping ? 0 : 1));
// A Ctrl-C reaches the whole group; the gateway decides when vision ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', stop);

const plan = createStridePlan();
let coresBefore = coreTimes();
systemClock.every(PLAN_PERIOD_MS, () => {
  const cores = coreTimes();
  const busyShare = 1 - (cores.idleMs - coresBefore.idleMs) / Math.max(1, cores.allMs - coresBefore.allMs);
  coresBefore = cores;
  const strides = plan.next(
    shares.map(({ load }) => load),
    busyShare,
  );
  for (const share of shares) give(share, { type: 'strides', strides });
});

/** Of all cores of the machine together, since it began. */
function coreTimes(): { idleMs: number; allMs: number } {
  let idleMs = 0;
  let allMs = 0;
  for (const { times } of cpus()) {
    idleMs += times.idle;
    allMs += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idleMs, allMs };
}

systemClock.every(ALIVE_PERIOD_MS, () => tell({ type: 'alive' }));
tell({ type: 'ready' });
