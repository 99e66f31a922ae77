/** Footage that is kept compressed gives back the pictures that were seen, each at its time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_MPEG4, Frame, Muxer, type Packet, Rational } from 'node-av';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { decodeFootage, keepCodec } from '../../../edge/vision/clip.ts';
import { createFootageRing } from '../../../edge/vision/footage-ring.ts';
import { openVideo } from '../../../edge/vision/sources/video.ts';

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

function encode(path: string, maxBFrames: number): void {
  const muxer = Muxer.openSync(path);
  const encoder = Encoder.createSync(FF_ENCODER_MPEG4, {
    context: { bitRate: '1M', gopSize: 20, maxBFrames, framerate: new Rational(FPS, 1) },
  });
  const stream = muxer.addStream(encoder);
  const write = (packets: Packet[]) => {
    for (const packet of packets) {
      muxer.writePacketSync(packet, stream);
      packet.free();
    }
  };
  for (let number = 0; number < FRAMES; number++) {
    const yuv = Buffer.alloc((SIZE.width * SIZE.height * 3) / 2, 128);
    yuv.fill(lightness(number), 0, SIZE.width * SIZE.height);
    const timeBase = { num: 1, den: FPS };
    const frame = Frame.fromVideoBuffer(yuv, { ...SIZE, format: AV_PIX_FMT_YUV420P, timeBase, pts: BigInt(number) });
    write(encoder.encodeAllSync(frame));
    frame.free();
  }
  write(encoder.encodeAllSync(null));
  muxer.closeSync();
  encoder.close();
}

test.each([0, 2])('with %i pictures stored out of order', async (outOfOrder) => {
  const path = join(folder, `${outOfOrder}.mp4`);
  encode(path, outOfOrder);
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
