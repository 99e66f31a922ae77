import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { calibrationSchema } from '../../../core/camera-options.ts';
import { ManualClock, systemClock } from '../../../core/clock.ts';
import { mapFacade } from '../../../core/facade.ts';
import { MODEL_FOLDER } from '../../../edge/vision/detect-video.ts';
import { createDetector, type Detector } from '../../../edge/vision/detector.ts';
import { describeFall } from '../../../edge/vision/evidence/evidence.ts';
import { createJpegDecoder, jpegSize } from '../../../edge/vision/sources/jpeg.ts';
import type { Fall } from '../../../edge/vision/track/merge.ts';
import { loadModel, type Model } from '../../../models/run.ts';
import { createFacadeCamera, type FacadeCamera } from '../../../simulators/cameras/facade-camera.ts';
import { createJpegEncoder } from '../../../simulators/cameras/jpeg.ts';
import { serveCameras } from '../../../simulators/cameras/serve-cameras.ts';

vi.setConfig({ testTimeout: 120_000 });

const FRAME_MS = 80;

/** Lets a camera run through JPEG into the real detector, as fast as the machine can. */
async function watch(
  camera: FacadeCamera,
  detector: Detector,
  run: { seconds: number; direct(frame: number): void },
): Promise<Fall[]> {
  const encoder = createJpegEncoder();
  const decoder = createJpegDecoder();
  const falls: Fall[] = [];
  for (let frame = 0; frame < run.seconds * camera.fps; frame++) {
    run.direct(frame);
    const picture = decoder.decode(encoder.encode(camera.nextPicture()), frame * FRAME_MS);
    picture?.copyLuma(detector.nextLuma());
    falls.push(...(await detector.push(frame * FRAME_MS)).complete);
  }
  falls.push(...detector.flush());
  encoder.close();
  decoder.close();
  return falls;
}

describe('a simulated facade camera and the real detector', () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(MODEL_FOLDER);
  });
  const open = (seed: string) => {
    const camera = createFacadeCamera({ seed, clock: new ManualClock(1_700_000_000_000) });
    const detector = createDetector({ model, width: camera.width, height: camera.height });
    return { camera, detector };
  };

  test('what is thrown is found once each, with the floor within one and the unit', async () => {
    const { camera, detector } = open('a');
    camera.wildlife(0);
    const floors = [10, 8, 9];
    const falls = await watch(camera, detector, {
      seconds: 27,
      direct(frame) {
        const number = (frame - 40) / 100;
        if (Number.isInteger(number) && number >= 0 && number < 3)
          camera.throwObject({ object: 'bag', floor: floors[number] ?? 9, column: 1 + number });
      },
    });
    expect(falls).toHaveLength(3);
    const map = mapFacade(calibrationSchema.parse(camera.calibration), camera);
    for (const [index, fall] of falls.entries()) {
      const { fields } = describeFall(fall, map);
      expect(Math.abs((fields.floor ?? 0) - (floors[index] ?? 0))).toBeLessThanOrEqual(1);
      expect(fields.unit).toBe(String(2 + index));
    }
  });

  test('birds, insects, leaves, rain and wind raise nothing', async () => {
    const { camera, detector } = open('quiet');
    camera.wildlife(0.6);
    const weathers = ['clear', 'wind', 'rain'] as const;
    const falls = await watch(camera, detector, {
      seconds: 36,
      direct: (frame) => frame % 150 === 0 && camera.weather(weathers[(frame / 150) % 3] ?? 'clear'),
    });
    expect(falls).toEqual([]);
  });

  test('the same seed gives the same pictures', () => {
    const [one, other] = [open('same').camera, open('same').camera];
    for (let frame = 0; frame < 5; frame++) expect(one.nextPicture().y).toEqual(other.nextPicture().y);
  });
});

describe('camera server', () => {
  const camera = createFacadeCamera({ seed: 'served', clock: systemClock });
  const server = serveCameras({ host: '127.0.0.1', port: 0, cameras: new Map([['camera-1', camera]]) });
  let port: number;
  beforeAll(async () => {
    port = await server.start();
  });
  afterAll(() => server.stop());

  const fetchBytes = (path: string, bytesMin: number) =>
    new Promise<{ status: number | undefined; type: string | undefined; bytes: Buffer }>((resolve, reject) => {
      get(`http://127.0.0.1:${port}${path}`, (response) => {
        const chunks: Buffer[] = [];
        const done = () => {
          const bytes = Buffer.concat(chunks);
          resolve({ status: response.statusCode, type: response.headers['content-type'], bytes });
        };
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (Buffer.concat(chunks).length < bytesMin) return;
          response.destroy();
          done();
        });
        response.on('end', done);
      }).on('error', reject);
    });

  test('streams MJPEG, gives single pictures, and knows no other address', async () => {
    const stream = await fetchBytes('/camera-1.mjpeg', 80_000);
    expect(stream.type).toContain('multipart/x-mixed-replace');
    expect(stream.bytes.toString('latin1').split('--frame').length).toBeGreaterThan(2);
    const picture = await fetchBytes('/camera-1.jpg', Number.POSITIVE_INFINITY);
    expect(jpegSize(picture.bytes)).toEqual({ width: 640, height: 360 });
    expect((await fetchBytes('/camera-9.mjpeg', 1)).status).toBe(404);
  });
});
