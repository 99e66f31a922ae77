/** Recordings that are stored on their side, as phones do, are looked at as they are shown. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AV_PKT_DATA_DISPLAYMATRIX, Demuxer, Muxer } from 'node-av';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.ts';
import { decodeFootage, keepCodec } from '../../../../edge/vision/evidence/clip.ts';
import { createFootageRing } from '../../../../edge/vision/evidence/footage-ring.ts';
import { type Turn, turnedSize, turnOf, turnPlane, turnYuv420 } from '../../../../edge/vision/sources/turn.ts';
import { openVideo } from '../../../../edge/vision/sources/video.ts';
import { writeSimulatedClip } from '../clips.ts';

const TURNS = [0, 90, 180, 270] as const;
const ONE = 1 << 16;

/** a, b, u, c, d, v, x, y, w of ISO/IEC 14496-12. */
function matrixOf(turn: Turn): Buffer {
  const [a, b] = { 0: [ONE, 0], 90: [0, ONE], 180: [-ONE, 0], 270: [0, -ONE] }[turn] as [number, number];
  return Buffer.from(Int32Array.from([a, b, 0, -b, a, 0, 0, 0, 1 << 30]).buffer);
}

describe('a turn', () => {
  // 3 × 2: 1 2 3 / 4 5 6
  const plane = Uint8Array.of(1, 2, 3, 4, 5, 6);
  test.each([
    [0, [1, 2, 3, 4, 5, 6]],
    [90, [4, 1, 5, 2, 6, 3]],
    [180, [6, 5, 4, 3, 2, 1]],
    [270, [3, 6, 2, 5, 1, 4]],
  ] as const)('of %i degrees clockwise', (turn, expected) => {
    const target = new Uint8Array(6);
    turnPlane(plane, { width: 3, height: 2 }, turn, target);
    expect([...target]).toEqual(expected);
    expect(turnOf(matrixOf(turn))).toBe(turn);
  });

  test('that is no quarter turn, or that nothing tells, is none', () => {
    expect(turnOf(undefined)).toBe(0);
    expect(turnOf(Buffer.alloc(36))).toBe(0);
    expect(turnOf(Buffer.from(Int32Array.from([ONE, ONE, 0]).buffer))).toBe(0);
    expect(turnOf(Buffer.of(1, 2))).toBe(0);
  });
});

describe('a recording', () => {
  let folder: string;
  let upright: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linli-turn-'));
    upright = join(folder, 'upright.mp4');
    writeSimulatedClip({ path: upright, seed: 'turn', seconds: 1, direct: () => {} });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function withTurn(turn: Turn): Promise<string> {
    const path = join(folder, `${turn}.mp4`);
    const demuxer = await Demuxer.open(upright);
    const video = demuxer.video();
    if (!video) throw new Error('a clip without video');
    video.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrixOf(turn));
    const muxer = await Muxer.open(path, { format: 'mp4' });
    const stream = muxer.addStream(video);
    for await (const packet of demuxer.packets(video.index)) await muxer.writePacket(packet ?? undefined, stream);
    await muxer.close();
    await demuxer.close();
    return path;
  }

  test.each(TURNS)('that is to be turned by %i degrees', async (turn) => {
    const plain = await openVideo(upright, { clock: systemClock });
    const turned = await openVideo(await withTurn(turn), { clock: systemClock, keepPackets: true });
    expect(turned).toMatchObject(turnedSize(plain, turn));
    const codec = keepCodec(turned.stream);
    const ring = createFootageRing({ spanMs: 60_000, bytesMax: 1e8 });
    const [before, after] = [plain.pictures(), turned.pictures()];
    let frames = 0;
    let last = new Uint8Array();
    for await (const picture of after) {
      const stored = (await before.next()).value;
      const luma = new Uint8Array(plain.width * plain.height);
      stored.copyLuma(luma);
      const [expected, seen] = [new Uint8Array(luma.length), new Uint8Array(luma.length)];
      turnPlane(luma, plain, turn, expected);
      picture.copyLuma(seen);
      expect(Buffer.compare(seen, expected), `picture ${frames}`).toBe(0);
      last = Uint8Array.from(picture.yuv420());
      expect(Buffer.compare(last, turnYuv420(stored.yuv420(), plain, turn)), `colours of ${frames}`).toBe(0);
      for (const compressed of picture.compressed) ring.push({ atMs: picture.atMs, compressed });
      frames += 1;
    }
    expect(frames).toBeGreaterThan(10);
    await plain.close();
    await turned.close();

    let kept: { width: number; height: number; yuv: Uint8Array } | undefined;
    for await (const { colour } of decodeFootage(ring.since(0), codec)) kept = colour();
    expect(kept).toMatchObject(turnedSize(plain, turn));
    expect(Buffer.compare(kept?.yuv ?? new Uint8Array(), last)).toBe(0);
  });
});
