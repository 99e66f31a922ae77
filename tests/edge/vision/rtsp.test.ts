/**
 * A camera over RTSP, as most real ones speak: pictures arrive over TCP, a cut is told and mended, and
 * what falls comes with a clip that is a copy of the stream; with a privacy mask the clip is encoded
 * and unreadable there; a fall outside of the detection zones is none.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Demuxer, Packet } from 'node-av';
import pino from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ManualClock, systemClock } from '../../../core/clock.ts';
import type { Device } from '../../../core/device.ts';
import { encodeApart } from '../../../edge/vision/evidence/encoding.ts';
import type { Footage } from '../../../edge/vision/evidence/footage-ring.ts';
import { openVideo } from '../../../edge/vision/sources/video.ts';
import {
  type CameraState,
  startVision,
  type Vision,
  type VisionEvent,
  type VisionOptions,
} from '../../../edge/vision/vision.ts';
import { createFacadeCamera } from '../../../simulators/cameras/facade-camera.ts';
import { createJpegEncoder } from '../../../simulators/cameras/jpeg.ts';
import { picturesOf, type RtspServer, serveRtsp, unitsOf } from './rtsp-server.ts';

type Late = Parameters<NonNullable<VisionOptions['onEvidence']>>[0];

const SECONDS = 24;
const THROW_EVERY_SECONDS = 12;
const THROWN_AFTER_SECONDS = 4;
/** The mask covers the right half, where nothing falls; so does the zone in which nothing can be found. */
const RIGHT = [
  [0.55, 0],
  [1, 0],
  [1, 1],
  [0.55, 1],
] as const;

let folder: string;
let server: RtspServer;
let vision: Vision;
const events: VisionEvent[] = [];
const lates: Late[] = [];
const states = new Map<string, CameraState>();
const history: string[] = [];

function device(id: string, options: Record<string, unknown>): Device {
  const kind = 'high-throw-camera';
  return { id, kind, communityId: 'test', gatewayId: 'test', name: id, location: {}, options };
}

/** The simulated camera with a bag thrown on the left, as H.264. */
async function record(path: string): Promise<void> {
  const camera = createFacadeCamera({ seed: 'vision', clock: new ManualClock(1_700_000_000_000) });
  camera.wildlife(0);
  const encoder = createJpegEncoder();
  const footage: Footage[] = [];
  for (let frame = 0; frame < SECONDS * camera.fps; frame++) {
    if (frame % (THROW_EVERY_SECONDS * camera.fps) === THROWN_AFTER_SECONDS * camera.fps)
      camera.throwObject({ object: 'bag', floor: 9, column: 1 });
    const bytes = encoder.encode(camera.nextPicture());
    footage.push({ atMs: (frame * 1000) / camera.fps, compressed: { type: 'jpeg', bytes } });
  }
  encoder.close();
  expect(await encodeApart({ type: 'clip', job: { codec: undefined, path } }, { footage })).toBe(true);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linli-rtsp-'));
  await record(join(folder, 'recording.mp4'));
  server = await serveRtsp(join(folder, 'recording.mp4'));
  const stream = server.url;
  vision = startVision({
    cameras: [
      device('plain', { stream }),
      device('private', { stream, masks: [{ type: 'privacy', polygon: RIGHT }] }),
      device('halved', { stream, fpsMax: 6.5 }),
      device('elsewhere', { stream, zones: [{ name: 'right', polygon: RIGHT }] }),
    ],
    dataDir: folder,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    onEvent: (event) => events.push(event),
    onEvidence: (late) => lates.push(late),
    onState(state) {
      states.set(state.deviceId, state);
      history.push(`${state.deviceId} ${state.state}`);
    },
  });
});
vi.setConfig({ testTimeout: 120_000 });
afterAll(async () => {
  await vision?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 100_000, interval: 100 });
const clipOf = (deviceId: string) =>
  lates.flatMap((late) => (late.deviceId === deviceId ? late.evidence : [])).find((file) => file.type === 'clip')
    ?.path ?? '';

test('pictures arrive over RTSP in TCP, with name and password', async () => {
  await until(() => expect([...states.values()].map((state) => state.state)).toEqual(Array(4).fill('running')));
  expect(server.transports.length).toBeGreaterThanOrEqual(4);
  expect(server.transports.every((transport) => transport.includes('RTP/AVP/TCP'))).toBe(true);
  expect(states.get('plain')?.fps).toBeCloseTo(12.5, 0);
});

test('a fall comes with a clip that is a copy of the stream, seconds before and after it', async () => {
  await until(() => expect(clipOf('plain')).not.toBe(''));
  const event = events.find((one) => one.deviceId === 'plain' && one.evidence.length > 0);
  expect(event?.evidence.map((file) => file.type)).toEqual(['track']);
  const { seconds } = await readClip(clipOf('plain'));
  const spanSeconds = ((event?.fields.endAt ?? 0) - (event?.fields.startAt ?? 0)) / 1000;
  // The roll before it is as long as the camera had been watched, ten seconds at most and a picture group.
  // On a busy machine the recording plays slower than the clock.
  expect(seconds).toBeGreaterThan(spanSeconds + 6);
  expect(seconds).toBeLessThan(spanSeconds + 26);
  await expectCopy('plain');
});

test('a camera of which every second picture is looked at has a clip without gaps all the same', async () => {
  await until(() => expect(clipOf('halved')).not.toBe(''));
  await expectCopy('halved');
});

test('a privacy mask makes rooms unreadable in the clip and leaves the rest', async () => {
  await until(() => expect(clipOf('private')).not.toBe(''));
  const detail = await Promise.all(['plain', 'private'].map(async (id) => detailOf(clipOf(id))));
  const [plain, masked] = detail as [Detail, Detail];
  expect(masked.right).toBeLessThan(plain.right * 0.2);
  expect(masked.left).toBeGreaterThan(plain.left * 0.7);
});

test('what falls outside of the detection zones is no event', async () => {
  await until(() => expect(events.filter((event) => event.deviceId === 'plain').length).toBeGreaterThanOrEqual(2));
  expect(states.get('elsewhere')?.state).toBe('running');
  expect(events.filter((event) => event.deviceId === 'elsewhere')).toEqual([]);
});

test('a stream whose clock stood still is looked at again', async () => {
  server.stall(3_500);
  await until(() => expect(states.get('plain')?.skippedShare).toBe(1));
  await until(() => expect(states.get('plain')).toMatchObject({ state: 'running', skippedShare: 0 }));
});

test('a cut is told without the password, opened again while it is refused, and mended', async () => {
  history.length = 0;
  server.refuse(true);
  server.cut();
  await until(() => expect(history).toContain('plain connecting'));
  expect(states.get('plain')?.reason).toBeTruthy();
  expect([...states.values()].map((state) => state.reason).join()).not.toContain('s3cret');
  const asked = server.transports.length;
  server.refuse(false);
  await until(() => expect(states.get('plain')?.state).toBe('running'));
  expect(server.transports.length).toBeGreaterThan(asked);
});

/** Every picture that the server sent in the clip's span of the stream, and in it the whole fall, from the throw on. */
async function expectCopy(deviceId: string): Promise<void> {
  const { seconds, pictures } = await readClip(clipOf(deviceId));
  const event = events.find((one) => one.deviceId === deviceId && one.evidence.length > 0);
  const fps = server.pictures.length / SECONDS;
  // By the stream's own clock: how fast it arrived, and how fast it was looked at, do not matter.
  expect(Math.abs(pictures.length - seconds * fps)).toBeLessThan(2);
  expect(server.sent.some((sent) => holdsRun(sent, pictures))).toBe(true);

  const fallPictures = Math.ceil((((event?.fields.endAt ?? 0) - (event?.fields.startAt ?? 0)) / 1000) * fps);
  expect(fallPictures).toBeGreaterThan(0);
  const throws = Array.from({ length: SECONDS / THROW_EVERY_SECONDS }, (_, index) =>
    pictures.indexOf(server.pictures[(THROWN_AFTER_SECONDS + index * THROW_EVERY_SECONDS) * fps] ?? ''),
  );
  const shown = throws.filter((at) => at >= 0 && at + fallPictures < pictures.length);
  expect(shown, `${throws} of ${pictures.length}, a fall of ${fallPictures}`).not.toEqual([]);
}

function holdsRun(all: readonly string[], run: readonly string[]): boolean {
  return all.some((mark, from) => mark === run[0] && run.every((one, index) => one === all[from + index]));
}

async function readClip(path: string): Promise<{ seconds: number; pictures: string[] }> {
  const demuxer = await Demuxer.open(path);
  const stream = demuxer.video();
  const packet = new Packet();
  packet.alloc();
  const pictures: string[] = [];
  while ((await demuxer.getFormatContext().readFrame(packet)) >= 0) {
    pictures.push(...picturesOf(unitsOf(Buffer.from(packet.data ?? []))));
    packet.unref();
  }
  packet.free();
  const seconds = Number(stream?.duration) * ((stream?.timeBase.num ?? 0) / (stream?.timeBase.den ?? 1));
  await demuxer.close();
  return { seconds, pictures };
}

interface Detail {
  left: number;
  right: number;
}

/** Mean difference of neighbours within blocks of a half of a middle picture: levelled blocks have none. */
async function detailOf(path: string): Promise<Detail> {
  const source = await openVideo(path, { clock: systemClock });
  const { width, height } = source;
  const luma = new Uint8Array(width * height);
  let number = 0;
  for await (const picture of source.pictures()) {
    picture.copyLuma(luma);
    if (++number === 60) break;
  }
  await source.close();
  const mean = (from: number, to: number) => {
    let sum = 0;
    let count = 0;
    for (let y = 0; y < height; y++)
      for (let x = from; x < to; x++) {
        // Differences across the edges of the mask's blocks are not detail.
        if (x % 16 === 15) continue;
        sum += Math.abs((luma[y * width + x + 1] ?? 0) - (luma[y * width + x] ?? 0));
        count++;
      }
    return sum / count;
  };
  return { left: mean(0, width * 0.5), right: mean(width * 0.6, width - 1) };
}
