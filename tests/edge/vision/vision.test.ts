import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import type { Device } from '../../../core/device.ts';
import type { LateEvidence, TakenPicture } from '../../../edge/vision/messages.ts';
import { type CameraState, startVision, type Vision, type VisionEvent } from '../../../edge/vision/vision.ts';
import { createFacadeCamera, type FacadeCamera } from '../../../simulators/cameras/facade-camera.ts';
import { createJpegEncoder } from '../../../simulators/cameras/jpeg.ts';
import { type CameraServer, serveCameras } from '../../../simulators/cameras/serve-cameras.ts';

let folder: string;
let camera: FacadeCamera;
let server: CameraServer;
let rubbish: Server;
let vision: Vision;
const events: VisionEvent[] = [];
const lates: LateEvidence[] = [];
const taken: TakenPicture[] = [];
const states = new Map<string, CameraState>();
const history: string[] = [];

/** From the left edge on, so much of the picture's width. */
const side = (share: number) => [
  [0, 0],
  [share, 0],
  [share, 1],
  [0, 1],
];
/** Looks like the watched camera with its left half unreadable, and tells no falls beside it. */
const MASKS = [
  { type: 'privacy', polygon: side(0.5) },
  { type: 'ignore', polygon: side(1) },
];

function device(id: string, options: Record<string, unknown>): Device {
  const kind = 'high-throw-camera';
  return { id, kind, communityId: 'test', gatewayId: 'test', name: id, location: {}, options };
}

/** Multipart with JPEG markers around noise, without an end. */
function startRubbish(): Promise<Server> {
  const noise = Buffer.concat([
    Buffer.from('--frame\r\n\r\n'),
    Buffer.from([0xff, 0xd8, 0xff]),
    Buffer.from(Array.from({ length: 3_000 }, (_, index) => (index * 73) % 251)),
    Buffer.from([0xff, 0xd9]),
  ]);
  const listening = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    const timer = setInterval(() => response.write(noise), 50);
    response.on('close', () => clearInterval(timer));
  });
  return new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve(listening)));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linli-vision-'));
  camera = createFacadeCamera({ seed: 'vision', clock: systemClock });
  camera.wildlife(0);
  server = serveCameras({ host: '127.0.0.1', port: 0, cameras: new Map([['watched', camera]]) });
  await server.start();
  rubbish = await startRubbish();
  vision = startVision({
    cameras: [
      device('watched', { stream: server.url('watched'), calibration: camera.calibration }),
      device('pushing', { push: true }),
      device('masked', { stream: server.url('watched'), masks: MASKS }),
      device('rubbish', { stream: `http://127.0.0.1:${(rubbish.address() as AddressInfo).port}/` }),
      device('wrong', { steam: 'rtsp://nowhere' }),
    ],
    dataDir: folder,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    onEvent: (event) => events.push(event),
    onEvidence: (late) => lates.push(late),
    onPicture: (one) => taken.push(one),
    onState(state) {
      states.set(state.deviceId, state);
      history.push(`${state.deviceId} ${state.state}`);
    },
  });
});
vi.setConfig({ testTimeout: 90_000 });
afterAll(async () => {
  await vision.stop();
  await server.stop();
  rubbish.closeAllConnections();
  rubbish.close();
  await rm(folder, { recursive: true, force: true });
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 100 });
const running = (deviceId: string) => () => expect(states.get(deviceId)?.state).toBe('running');

test('a camera whose options do not fit is failed by name, the others run', async () => {
  expect(states.get('wrong')).toMatchObject({ state: 'failed' });
  expect(states.get('wrong')?.reason).toContain('steam');
  await until(running('watched'));
  expect(states.get('watched')?.brightnessPercent).toBeGreaterThan(20);
});

test('what is thrown becomes one event with place, picture and track', async () => {
  await until(running('watched'));
  // The judge of a calibrated camera waits until it knows what else moves there.
  const runningSinceMs = systemClock.now();
  await until(() => expect(systemClock.now() - runningSinceMs).toBeGreaterThan(10_000));
  // A busy machine may lose a fall's frames; of what is thrown again and again one is found while it is in the air.
  const ofOne = ({ fields }: (typeof events)[number]) => events.filter((one) => one.fields.fallId === fields.fallId);
  const complete = () => events.find((one) => one.evidence.length > 0 && ofOne(one).length > 1);
  const throwBag = () => camera.throwObject({ object: 'bag', floor: 9, column: 2 });
  throwBag();
  const again = systemClock.every(9_000, throwBag);
  await until(() => expect(complete()).toBeDefined());
  again.cancel();
  const event = complete();
  // It was told while the bag was in the air, and is one fall all the same.
  const [first] = event ? ofOne(event) : [];
  expect(first).toMatchObject({ deviceId: 'watched', fields: { suspected: false }, evidence: [] });
  expect(first?.fields.fallId).toBe(event?.fields.fallId);
  expect(event?.fields.fallId).toBeDefined();
  expect(first?.at).toBeLessThan(event?.at ?? 0);
  expect(events.filter((one) => one.fields.fallId === event?.fields.fallId)).toHaveLength(2);
  expect(event).toMatchObject({ deviceId: 'watched', fields: { suspected: false } });
  expect(Math.abs((event?.fields.floor ?? 0) - 9)).toBeLessThanOrEqual(1);
  expect(event?.fields.unit).toBe('3');
  expect(event?.evidence.map((file) => file.type)).toEqual(['track']);
  const [track] = event?.evidence ?? [];
  // The alarm does not wait for its picture.
  const shown = () => lates.find((late) => late.at === event?.at && late.evidence[0]?.type === 'picture')?.evidence[0];
  await until(() => expect(shown()).toBeDefined());
  const picture = shown();
  expect(await sharp(picture?.path).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 360 });
  const written = JSON.parse(await readFile(track?.path ?? '', 'utf8'));
  expect(written).toMatchObject({ deviceId: 'watched', picture: { width: 640, height: 360 } });
  // The window is where it was thrown: the fall begins below the middle of its outline, within a floor.
  const [likeliest] = written.places;
  expect(likeliest.corners).toHaveLength(4);
  const xs = likeliest.corners.map((corner: { x: number }) => corner.x);
  expect(written.track[0].x).toBeGreaterThan(Math.min(...xs) - 10);
  expect(written.track[0].x).toBeLessThan(Math.max(...xs) + 10);
  expect((await stat(picture?.path ?? '')).size).toBeGreaterThan(5_000);
});

test('a fall that a guard calls false makes its camera ask more of the next, until it is called true', async () => {
  const [fall] = events;
  const span = { fromAt: (fall?.at ?? 0) - 1_000, toAt: (fall?.at ?? 0) + 5_000 };
  const caution = () => states.get('watched')?.caution;
  vision.judge('watched', { ...span, isFalse: true });
  await until(() => expect(caution()).toBeGreaterThan(5));
  vision.judge('watched', { ...span, isFalse: false });
  await until(() => expect(caution()).toBeLessThan(5));
});

test('shows what a camera sees when it is asked, privacy masks unreadable, and says why it cannot', async () => {
  await until(running('watched'));
  await until(running('masked'));
  for (const id of ['watched', 'masked', 'rubbish', 'nobody']) vision.takePicture(id, `of ${id}/../..`);
  const answer = (id: string) => taken.find((one) => one.id === `of ${id}/../..`);
  await until(() => expect(taken).toHaveLength(4));
  expect(answer('rubbish')?.picture).toBeUndefined();
  expect(answer('rubbish')?.reason).toBeTruthy();
  expect(answer('nobody')).toMatchObject({ deviceId: 'nobody', reason: 'the camera is not looked at' });
  /** How much a half of the picture differs from pixel to pixel. */
  const detail = async (id: string, left: number) => {
    const { path = '', at = 0 } = answer(id)?.picture ?? {};
    expect(Math.abs(systemClock.now() - at)).toBeLessThan(15_000);
    expect(path.startsWith(join(folder, id))).toBe(true);
    const half = await sharp(path).extract({ left, top: 0, width: 320, height: 352 }).greyscale().raw().toBuffer();
    return half.reduce((sum, grey, at) => sum + Math.abs(grey - (half[at - 1] ?? grey)), 0) / half.length;
  };
  expect(await detail('watched', 0)).toBeGreaterThan(2);
  expect(await detail('masked', 320)).toBeGreaterThan(2);
  expect(await detail('masked', 0)).toBeLessThan((await detail('watched', 0)) / 3);
});

test('pushed JPEG frames are looked at; rubbish instead of pictures is told and harms nobody', async () => {
  const encoder = createJpegEncoder();
  const timer = systemClock.every(80, () => {
    vision.pushFrame('pushing', encoder.encode(camera.nextPicture()));
    vision.pushFrame('pushing', Buffer.from('no picture'));
  });
  await until(running('pushing'));
  timer.cancel();
  encoder.close();
  expect(states.get('rubbish')?.state).toBe('connecting');
  expect(states.get('watched')?.state).toBe('running');
});

test('a shake and a light step are told with count and time, and are no fault', async () => {
  const told = (type: string) => states.get('pushing')?.disturbances.find((one) => one.type === type);
  const encoder = createJpegEncoder();
  const shaken = createFacadeCamera({ seed: 'shaken', clock: systemClock });
  const timer = systemClock.every(80, () => {
    vision.pushFrame('pushing', encoder.encode(shaken.nextPicture()));
  });
  await until(running('pushing'));
  shaken.mishap('shake');
  await until(() => expect(states.get('pushing')).toMatchObject({ state: 'running', disturbed: 'shake', caution: 1 }));
  expect(told('shake')?.count).toBeGreaterThan(0);
  expect(told('shake')?.seconds).toBeGreaterThan(0);
  expect(Math.abs((told('shake')?.lastAt ?? 0) - systemClock.now())).toBeLessThan(60_000);
  shaken.mishap('none');
  await until(() => expect(states.get('pushing')?.disturbed).toBeUndefined());
  const lightSteps = told('light-step')?.count ?? 0;
  shaken.mishap('light-step');
  await until(() => expect(states.get('pushing')).toMatchObject({ state: 'running', disturbed: 'light-step' }));
  expect(told('light-step')?.count).toBeGreaterThan(lightSteps);
  timer.cancel();
  encoder.close();
});

test('a cut stream is told and comes back by itself', async () => {
  history.length = 0;
  server.cut();
  await until(() => expect(history).toContain('watched connecting'));
  await until(running('watched'));
});

test('a killed vision process is told and starts again', async () => {
  const pid = vision.pid();
  expect(pid).toBeDefined();
  history.length = 0;
  process.kill(pid ?? 0, 'SIGKILL');
  await until(() => expect(history).toContain('watched failed'));
  expect(states.get('watched')?.reason).toContain('SIGKILL');
  await until(() => {
    expect(vision.pid()).toBeDefined();
    expect(vision.pid()).not.toBe(pid);
    expect(states.get('watched')?.state).toBe('running');
  });
});
