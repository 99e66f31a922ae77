/** Footage that is kept compressed gives back the pictures that were seen, each at its time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.ts';
import { decodeFootage, keepCodec } from '../../../../edge/vision/evidence/clip.ts';
import { createFootageRing } from '../../../../edge/vision/evidence/footage-ring.ts';
import { openVideo } from '../../../../edge/vision/sources/video.ts';
import { writeMpeg4 } from '../clips.ts';

const SIZE = { width: 160, height: 96 };
const FPS = 25;
const FRAMES = 60;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linli-kept-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each picture is lighter than the one before it, so that it tells which it is. */
const lightness = (frame: number) => 40 + 3 * frame;

function draw(frame: number): Buffer {
  const yuv = Buffer.alloc((SIZE.width * SIZE.height * 3) / 2, 128);
  return yuv.fill(lightness(frame), 0, SIZE.width * SIZE.height);
}

test.each([0, 2])('with %i pictures stored out of order', async (outOfOrder) => {
  const path = join(folder, `${outOfOrder}.mp4`);
  const pictures = Array.from({ length: FRAMES }, (_, frame) => () => draw(frame));
  writeMpeg4(path, { ...SIZE, fps: FPS, pictures, outOfOrder });
  const source = await openVideo(path, { clock: systemClock, keepPackets: true });
  const codec = keepCodec(source.stream);
  const ring = createFootageRing({ spanMs: Number.POSITIVE_INFINITY, bytesMax: 1e9 });
  const seen: number[] = [];
  for await (const { atMs, compressed } of source.pictures()) {
    seen.push(atMs);
    for (const one of compressed) ring.push({ atMs, compressed: one });
  }
  await source.close();
  expect(seen).toHaveLength(FRAMES);

  const kept: { atMs: number; light: number }[] = [];
  for await (const { atMs, colour } of decodeFootage(ring.since(0), codec)) {
    const { yuv } = colour();
    kept.push({ atMs, light: yuv[(SIZE.height / 2) * SIZE.width + SIZE.width / 2] as number });
  }
  expect(kept).toHaveLength(FRAMES);
  for (const [frame, { atMs, light }] of kept.entries()) {
    expect(Math.abs(atMs - (seen[frame] ?? 0)), `time of picture ${frame}`).toBeLessThan(0.1);
    expect(Math.abs(light - lightness(frame)), `lightness of picture ${frame}`).toBeLessThan(3);
  }
});
