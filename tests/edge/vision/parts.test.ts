import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { createDisturbances } from '../../../edge/vision/disturbances.ts';
import { createFootageRing } from '../../../edge/vision/evidence/footage-ring.ts';
import { createPictureWatch } from '../../../edge/vision/look/picture.ts';
import { isInside, maskCells } from '../../../edge/vision/polygon.ts';
import { createArrivalClock } from '../../../edge/vision/sources/arrival.ts';
import { createJpegDecoder, jpegSize } from '../../../edge/vision/sources/jpeg.ts';
import { createJpegSplitter } from '../../../edge/vision/sources/mjpeg.ts';
import {
  type CameraLoad,
  createStridePlan,
  type StridePlan,
  type WorkerLoad,
} from '../../../edge/vision/stride-plan.ts';
import { mirrors } from '../../../edge/vision/track/image.ts';
import { continues, outlives } from '../../../edge/vision/track/merge.ts';
import { type Track, toHit } from '../../../edge/vision/track/tracker.ts';
import { createCanvas } from '../../../simulators/cameras/canvas.ts';
import { createFacadeCamera } from '../../../simulators/cameras/facade-camera.ts';
import { createJpegEncoder } from '../../../simulators/cameras/jpeg.ts';
import { seededRandom } from '../../../simulators/random.ts';
import { sighting } from './sightings.ts';

function jpegOf(width: number, height: number): Buffer {
  const canvas = createCanvas(width, height);
  for (let index = 0; index < canvas.y.length; index++) canvas.y[index] = index % 251;
  const encoder = createJpegEncoder();
  const jpeg = encoder.encode(canvas);
  encoder.close();
  return jpeg;
}

describe('arrival clock', () => {
  test('gives steady times to frames that arrive in bursts', () => {
    const clock = createArrivalClock();
    const random = seededRandom('bursts');
    const times: number[] = [];
    for (let frame = 0; frame < 200; frame++) times.push(clock.frameAt(1000 + frame * 40 + random.between(0, 30)));
    const steps = times.slice(60).map((time, index) => time - (times[index + 59] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(30);
    expect(Math.max(...steps)).toBeLessThan(50);
    expect(clock.fps()).toBeCloseTo(25, 0);
  });

  test('begins anew after a pause and never runs backwards', () => {
    const clock = createArrivalClock();
    for (let frame = 0; frame < 50; frame++) clock.frameAt(frame * 40);
    expect(clock.frameAt(20_000)).toBe(20_000);
    expect(clock.frameAt(19_000)).toBeGreaterThan(20_000);
  });
});

describe('stride plan', () => {
  const load = { deviceId: 'one', importance: 0, fps: 25, fpsMax: 30, lagMs: 40 };
  const late = { ...load, lagMs: 900 };
  const named = (of: CameraLoad, ...ids: string[]) => ids.map((deviceId) => ({ ...of, deviceId }));
  const strides = (plan: StridePlan, workers: readonly WorkerLoad[], coresBusyShare = 1) =>
    Object.fromEntries(plan.next(workers, coresBusyShare));

  test('looks at every frame while nobody is late, however busy the workers are', () => {
    const plan = createStridePlan();
    const workers = [{ busyShare: 0.99, cameras: named(load, 'a', 'b') }];
    for (let count = 0; count < 5; count++) expect(strides(plan, workers)).toEqual({ a: 1, b: 1 });
  });

  test('a slow network costs no frames: the worker is idle', () => {
    const workers = [{ busyShare: 0.5, cameras: [...named(load, 'a'), ...named(late, 'b')] }];
    expect(strides(createStridePlan(), workers)).toEqual({ a: 1, b: 1 });
  });

  test('lets the least important give way first, step by step, and takes it back when there is time', () => {
    const plan = createStridePlan();
    const cameras = [...named({ ...late, importance: 5 }, 'a'), ...named(late, 'b', 'c')];
    const workers = [{ busyShare: 0.95, cameras }];
    expect(strides(plan, workers)).toEqual({ a: 1, b: 1, c: 2 });
    for (let count = 0; count < 4; count++) plan.next(workers, 1);
    expect(strides(plan, workers)).toEqual({ a: 1, b: 4, c: 4 });
    const calm = (busyShare: number) => [
      { busyShare, cameras: [...named({ ...load, importance: 5 }, 'a'), ...named(load, 'b', 'c')] },
    ];
    expect(strides(plan, calm(0.8))).toEqual({ a: 1, b: 4, c: 4 });
    for (let count = 0; count < 3; count++) plan.next(calm(0.4), 1);
    expect(strides(plan, calm(0.4))).toEqual({ a: 1, b: 3, c: 4 });
    for (let count = 0; count < 30; count++) plan.next(calm(0.4), 1);
    expect(strides(plan, calm(0.4))).toEqual({ a: 1, b: 1, c: 1 });
  });

  test('when all cores are full, the least important camera gives way for one of another worker', () => {
    const workers = [
      { busyShare: 0.95, cameras: named({ ...late, importance: 5 }, 'a') },
      { busyShare: 0.6, cameras: named(load, 'b') },
    ];
    expect(strides(createStridePlan(), workers, 0.99)).toEqual({ a: 1, b: 2 });
  });

  test('while a core is free, only the cameras of a worker that is short give way', () => {
    const workers = [
      { busyShare: 0.95, cameras: named({ ...late, importance: 5 }, 'a') },
      { busyShare: 0.6, cameras: named(load, 'b') },
    ];
    expect(strides(createStridePlan(), workers, 0.6)).toEqual({ a: 2, b: 1 });
  });

  test('cameras that stay keep what they gave up when others come and go', () => {
    const plan = createStridePlan();
    plan.next([{ busyShare: 0.95, cameras: named(late, 'a', 'b') }], 1);
    expect(strides(plan, [{ busyShare: 0.8, cameras: named(load, 'c', 'b') }])).toEqual({ b: 2, c: 1 });
  });

  test('never looks so seldom that a fall cannot be followed', () => {
    const plan = createStridePlan();
    const workers = [{ busyShare: 1, cameras: [{ ...late, fps: 12.5 }] }];
    for (let count = 0; count < 20; count++) plan.next(workers, 1);
    expect(strides(plan, workers)).toEqual({ one: 2 });
  });

  test('skips what is above the highest useful rate, late or not', () => {
    expect(strides(createStridePlan(), [{ busyShare: 0.2, cameras: [{ ...load, fps: 60 }] }], 0.2)).toEqual({ one: 2 });
  });
});

describe('footage ring', () => {
  test('keeps to its span and its bytes, and starts with a key packet', () => {
    const ring = createFootageRing({ spanMs: 1000, bytesMax: 10_000 });
    for (let frame = 0; frame < 100; frame++) {
      const compressed = {
        type: 'packet' as const,
        bytes: new Uint8Array(100),
        key: frame % 10 === 0,
        ptsMs: 0,
        dtsMs: 0,
      };
      ring.push({ atMs: frame * 40, compressed });
    }
    const kept = ring.since(3_300);
    expect(kept[0]?.atMs).toBe(3_200);
    expect(ring.since(0)[0]?.atMs).toBeGreaterThanOrEqual(99 * 40 - 1000);
  });
});

describe('merging', () => {
  const fall = (x: number, startMs: number, speed = 10): Track => ({
    id: 1,
    frames: 25,
    hits: Array.from({ length: 25 }, (_, index) =>
      toHit(sighting(x, 50 + index * speed, { vy: speed, sizePx: 6 }), startMs + index * 40),
    ),
  });
  const picture = { width: 640, height: 360 };

  test('a mirror image beside the object is the same fall', () => {
    expect(mirrors(fall(300, 0), fall(340, 80, 11), picture)).toBe(true);
    expect(mirrors(fall(100, 0), fall(500, 0), picture)).toBe(false);
    expect(mirrors(fall(300, 0), fall(340, 5_000), picture)).toBe(false);
  });

  test('what began a frame behind another and went on when that had ended is the same thing', () => {
    const behind = fall(303, 800);
    const later = { ...behind, hits: behind.hits.map((hit) => ({ ...hit, y: hit.y + 190 })) };
    expect(outlives(fall(300, 0), later, picture)).toBe(true);
    expect(outlives(later, fall(300, 0), picture)).toBe(false);
    const aside = { ...later, hits: later.hits.map((hit) => ({ ...hit, x: hit.x + 40 })) };
    expect(outlives(fall(300, 0), aside, picture)).toBe(false);
    const faster = { ...later, hits: later.hits.map((hit, place) => ({ ...hit, y: hit.y + 10 * place })) };
    expect(outlives(fall(300, 0), faster, picture)).toBe(false);
    expect(outlives(fall(300, 0), fall(300, 1_100), picture)).toBe(false);
  });

  test('what comes out below a balcony is the same fall', () => {
    const lower = { ...fall(300, 1_300), hits: fall(300, 1_300).hits.map((hit) => ({ ...hit, y: hit.y + 330 })) };
    expect(continues(fall(300, 0), lower, { width: 640, height: 800 })).toBe(true);
    expect(continues(fall(300, 0), { ...lower, hits: lower.hits.map((hit) => ({ ...hit, x: 500 })) }, picture)).toBe(
      false,
    );
  });
});

describe('picture watch', () => {
  const size = { width: 320, height: 240 };
  /** A wall with a little noise that changes from frame to frame. */
  const scene = (level: number, seed: number) =>
    Uint8Array.from(
      { length: size.width * size.height },
      (_, index) => level + ((index * 7) % 23) * 3 + ((index * 31 + seed * 17) % 3),
    );

  test('tells a frozen picture from a living one', () => {
    const watch = createPictureWatch(size);
    const still = scene(80, 0);
    let state = watch.look(still, 0);
    for (let at = 40; at <= 12_000; at += 40) state = watch.look(still, at);
    expect(state.condition).toBe('frozen');
    expect(watch.look(scene(80, 1), 12_040).condition).toBe('normal');
  });

  test('tells a covered lens and a light step', () => {
    const watch = createPictureWatch(size);
    for (let frame = 0; frame < 50; frame++) watch.look(scene(80, frame), frame * 40);
    expect(watch.look(scene(110, 3), 2_000).condition).toBe('light-step');
    let state = watch.look(scene(110, 4), 2_040);
    for (let frame = 0; frame < 30; frame++) state = watch.look(scene(110, frame), 2_080 + frame * 40);
    expect(state.condition).toBe('normal');
    for (let frame = 0; frame < 100; frame++) {
      const dark = Uint8Array.from({ length: size.width * size.height }, (_, index) => 12 + ((index + frame) % 2));
      state = watch.look(dark, 5_000 + frame * 40);
    }
    expect(state.condition).toBe('blocked');
  });

  test.each(['clear', 'wind', 'rain', 'snow'] as const)(
    'tells a shake from what moves in the picture: %s',
    (weather) => {
      const clock = new ManualClock(1_700_000_000_000);
      const camera = createFacadeCamera({ seed: `shake-${weather}`, clock });
      const watch = createPictureWatch(camera);
      camera.weather(weather);
      camera.wildlife(6);
      let atMs = 0;
      const look = (frames: number) => {
        const conditions = { normal: 0, shake: 0 } as Record<string, number>;
        for (let frame = 0; frame < frames; frame++, atMs += 80) {
          const { condition } = watch.look(new Uint8Array(camera.nextPicture().y), atMs);
          conditions[condition] = (conditions[condition] ?? 0) + 1;
        }
        return conditions;
      };
      camera.throwObject({ object: 'bag', floor: 9, column: 2 });
      expect(look(120)).toEqual({ normal: 120, shake: 0 });
      camera.mishap('shake');
      expect(look(60).shake).toBeGreaterThan(50);
      camera.mishap('none');
      look(10);
      expect(look(60)).toEqual({ normal: 60, shake: 0 });
    },
  );
});

test('disturbances are counted as one while they go on, and summed up in seconds', () => {
  const disturbances = createDisturbances();
  for (let atMs = 0; atMs <= 10_000; atMs += 40) {
    const shakes =
      (atMs > 1_000 && atMs <= 2_000) || (atMs > 3_000 && atMs <= 4_000) || (atMs > 9_000 && atMs <= 9_400);
    disturbances.see(shakes ? 'shake' : atMs === 6_000 ? 'light-step' : 'normal', atMs);
  }
  const [shake, light] = disturbances.list();
  expect(shake).toMatchObject({ type: 'shake', count: 2, lastAt: 9_400 });
  expect(shake?.seconds).toBeCloseTo(2.4, 5);
  expect(light).toMatchObject({ type: 'light-step', count: 1, lastAt: 6_000 });
});

describe('areas', () => {
  test('masks the cells whose centre lies inside', () => {
    const square: [number, number][] = [
      [0, 0],
      [0.5, 0],
      [0.5, 0.5],
      [0, 0.5],
    ];
    expect(isInside(square, 0.25, 0.25)).toBe(true);
    expect(isInside(square, 0.75, 0.25)).toBe(false);
    const cells = maskCells([square], { columns: 4, rows: 4, cellPx: 8, width: 32, height: 32 });
    expect(cells?.reduce((sum, cell) => sum + cell, 0)).toBe(4);
  });
});

describe('JPEG', () => {
  test('decodes what an encoder made, to the pixel rows it had', () => {
    const decoder = createJpegDecoder();
    const picture = decoder.decode(jpegOf(64, 48), 5);
    const luma = new Uint8Array(64 * 48);
    picture?.copyLuma(luma);
    expect(picture).toMatchObject({ width: 64, height: 48, atMs: 5 });
    expect(Math.abs((luma[100] ?? 0) - 100)).toBeLessThan(12);
    decoder.close();
  });

  test('a forged size is refused before anything is decoded', () => {
    const jpeg = jpegOf(64, 48);
    const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(65_000, at + 5);
    expect(jpegSize(jpeg)).toBeUndefined();
  });

  test('rubbish of any kind does no harm', () => {
    const decoder = createJpegDecoder();
    const good = jpegOf(64, 48);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 600 }), (noise, at) => {
        decoder.decode(noise, 0);
        const spoiled = Buffer.from(good);
        spoiled.set(
          noise.subarray(0, Math.max(0, Math.min(noise.length, spoiled.length - at))),
          Math.min(at, spoiled.length),
        );
        decoder.decode(spoiled, 0);
      }),
      { seed: 7, numRuns: 300 },
    );
    expect(decoder.decode(good, 0)?.width).toBe(64);
    decoder.close();
  });

  test('a stream is cut into its frames, however it is chopped and whatever lies between', () => {
    const frames = [jpegOf(64, 48), jpegOf(32, 32), jpegOf(48, 48)];
    const stream = Buffer.concat(
      frames.flatMap((jpeg) => [
        Buffer.from('--frame\r\nContent-Length: 9\r\n\r\n'),
        jpeg,
        Buffer.from([0, 1, 2, 0xff]),
      ]),
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const found: Buffer[] = [];
        const splitter = createJpegSplitter((jpeg) => found.push(jpeg));
        let at = 0;
        for (let turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          splitter.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(found.map((jpeg) => jpeg.length)).toEqual(frames.map((jpeg) => jpeg.length));
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});
