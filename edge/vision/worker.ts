/** One worker thread of the vision process: a share of the cameras, one copy of the model. */
import { parentPort, workerData } from 'node:worker_threads';
import { AV_LOG_QUIET, Log } from 'node-av';
import { systemClock } from '../../core/clock.ts';
import { invariant } from '../../core/errors.ts';
import { loadModel } from '../../models/run.ts';
import { type Camera, createCamera } from './camera.ts';
import { MODEL_FOLDER } from './detect-video.ts';
import type { CameraSpec, WorkerNews, WorkerOrder } from './messages.ts';

invariant(parentPort, 'worker.ts runs as a worker thread');
const port = parentPort;
const { dataDir } = workerData as { dataDir: string };

// Codecs tell of every damaged packet; the camera's state says what matters of it.
Log.setLevel(AV_LOG_QUIET);

const model = await loadModel(MODEL_FOLDER);
const cameras = new Map<string, { camera: Camera; spec: CameraSpec }>();
const tell = (news: WorkerNews) => port.postMessage(news);

async function setCameras(specs: readonly CameraSpec[]): Promise<void> {
  const wanted = new Map(specs.map((spec) => [spec.deviceId, spec]));
  for (const [deviceId, { camera, spec }] of cameras) {
    if (JSON.stringify(wanted.get(deviceId)) === JSON.stringify(spec)) continue;
    cameras.delete(deviceId);
    await camera.stop();
  }
  for (const spec of specs) {
    if (cameras.has(spec.deviceId)) continue;
    const camera = createCamera(spec, { model, dataDir, clock: systemClock, random: Math.random, tell });
    cameras.set(spec.deviceId, { camera, spec });
    camera.start();
  }
}

let before = performance.eventLoopUtilization();

/** What the cameras need, since the last time that this was asked. */
function tellLoad(): void {
  const { utilization } = performance.eventLoopUtilization(before);
  before = performance.eventLoopUtilization();
  const loads = [...cameras.values()].map(({ camera }) => camera.load());
  tell({ type: 'load', load: { busyShare: utilization, cameras: loads } });
}

// Orders are taken one after the other: a change of cameras must be complete before the next.
let queue: Promise<void> = Promise.resolve();
port.on('message', (order: WorkerOrder) => {
  switch (order.type) {
    case 'frame':
      cameras.get(order.deviceId)?.camera.push(order.jpeg);
      return;
    case 'verdict':
      cameras.get(order.deviceId)?.camera.judge(order.verdict);
      return;
    case 'picture':
      cameras.get(order.deviceId)?.camera.takePicture(order.id);
      return;
    case 'strides':
      for (const [deviceId, stride] of order.strides) cameras.get(deviceId)?.camera.setStride(stride);
      tellLoad();
      return;
    case 'cameras':
      queue = queue.then(() => setCameras(order.cameras));
      return;
    case 'stop':
      queue = queue
        .then(() => setCameras([]))
        .then(() => {
          tell({ type: 'stopped' });
          port.close();
        });
      return;
  }
});
tell({ type: 'ready' });
