import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { type DetectReport, detectVideo } from '../../../edge/vision/detect.ts';
import { openVideo } from '../../../edge/vision/sources/video.ts';
import { createFacadeCamera } from '../../../simulators/cameras/facade-camera.ts';
import { serveCameras } from '../../../simulators/cameras/serve-cameras.ts';
import { writeSimulatedClip } from './clips.ts';

vi.setConfig({ testTimeout: 120_000 });
const run = promisify(execFile);
const THROWN_AT_FRAME = 40;
let folder: string;
let clip: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linli-detect-'));
  clip = join(folder, 'bottle.mp4');
  writeSimulatedClip({
    path: clip,
    seed: 'detect',
    seconds: 7,
    direct(camera, frame) {
      if (frame === 10) camera.release('bird');
      if (frame === THROWN_AT_FRAME) camera.throwObject({ object: 'bag', floor: 10, column: 3 });
    },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function detect(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const node = ['--disable-warning=ExperimentalWarning', 'edge/vision/detect.ts', ...args];
  try {
    return { code: 0, ...(await run(process.execPath, node, { timeout: 80_000 })) };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
  }
}

async function firstLuma(path: string): Promise<Uint8Array> {
  const source = await openVideo(path, { clock: systemClock });
  const luma = new Uint8Array(source.width * source.height);
  for await (const picture of source.pictures()) {
    picture.copyLuma(luma);
    break;
  }
  await source.close();
  return luma;
}

describe('npm run detect', () => {
  test('finds the bag once, says where it was, and draws it', async () => {
    const overlay = join(folder, 'overlay.mp4');
    const { code, stdout } = await detect(clip, '--json', '--overlay', overlay);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as DetectReport;
    expect(report).toMatchObject({ source: clip, width: 640, height: 360, fps: 12.5 });
    expect(report.frames).toBe(88);
    expect(report.events).toHaveLength(1);
    const [event] = report.events;
    expect(event?.confidence).toBeGreaterThan(0.5);
    expect(event?.startMs).toBeGreaterThan((THROWN_AT_FRAME - 3) * 80);
    expect(event?.startMs).toBeLessThan((THROWN_AT_FRAME + 10) * 80);
    expect(event?.track.every((point, index, all) => point.atMs > (all[index - 1]?.atMs ?? -1))).toBe(true);
    expect(report.timing.framesPerSecond).toBeGreaterThan(0);
    expect((await stat(overlay)).size).toBeGreaterThan(10_000);
    expect(await readdir(folder)).not.toContain('overlay.mp4.part');
    const [asked, drawn] = [await firstLuma(clip), await firstLuma(overlay)];
    const apart = asked.reduce((sum, level, place) => sum + Math.abs(level - (drawn[place] ?? 0)), 0) / asked.length;
    expect(apart, 'grey levels from the input, at the first picture').toBeLessThan(4);
  });

  test('never writes over its input, whatever it is called', async () => {
    const [copy, link] = [join(folder, 'only-recording.mp4'), join(folder, 'link.mp4')];
    await copyFile(clip, copy);
    await symlink(copy, link);
    for (const overlay of [copy, link]) {
      const { code, stdout, stderr } = await detect(copy, '--json', '--overlay', overlay);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toBe(`detect: --overlay ${overlay}: this is the input itself; give another name\n`);
    }
    expect(await readFile(copy)).toEqual(await readFile(clip));
  });

  test('says the same of the same input', async () => {
    const [one, other] = [await detectVideo(clip), await detectVideo(clip)];
    expect(other.events).toEqual(one.events);
  });

  test('reads a folder of numbered images', async () => {
    const images = await mkdtemp(join(folder, 'images-'));
    for (let number = 1; number <= 12; number++)
      await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: number * 9, g: 80, b: 90 } } })
        .png()
        .toFile(join(images, `frame-${number}.png`));
    const report = await detectVideo(images, { imagesFps: 10 });
    expect(report).toMatchObject({ width: 64, height: 48, fps: 10, frames: 12, events: [] });
  });

  test('reads an MJPEG address until it is told to stop', async () => {
    const camera = createFacadeCamera({ seed: 'mjpeg', clock: systemClock });
    const server = serveCameras({ host: '127.0.0.1', port: 0, cameras: new Map([['camera-1', camera]]) });
    await server.start();
    const stop = new AbortController();
    const report = await detectVideo(server.url('camera-1'), {
      signal: stop.signal,
      onProgress: (frames) => frames >= 8 && stop.abort(),
    });
    await server.stop();
    expect(report).toMatchObject({ width: 640, height: 360, events: [] });
    expect(report.frames).toBeGreaterThanOrEqual(8);
  });

  test('draws a stream from what it kept of it: no stream can be read twice', async () => {
    const jpeg = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#667788' } })
      .jpeg()
      .toBuffer();
    let asked = 0;
    const server = createServer(async (_request, response) => {
      asked += 1;
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
      for (let frame = 0; frame < 30; frame++) {
        response.write(Buffer.concat([Buffer.from('--frame\r\ncontent-type: image/jpeg\r\n\r\n'), jpeg]));
        await setTimeout(20);
      }
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
    const overlay = join(folder, 'stream.mp4');
    const { code, stdout, stderr } = await detect(address, '--json', '--overlay', overlay);
    server.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { frames } = JSON.parse(stdout) as DetectReport;
    expect(frames).toBeGreaterThan(20);
    expect(asked).toBe(1);
    expect(await detectVideo(overlay)).toMatchObject({ width: 320, height: 240, frames });
  });

  test('reads a recording from a web server to its last frame, as from a file', async () => {
    const bytes = await readFile(clip);
    const server = createServer((request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(from > 0 ? 206 : 200, {
        'content-type': 'video/mp4',
        'accept-ranges': 'bytes',
        'content-length': bytes.length - from,
        ...(from > 0 && { 'content-range': range }),
      });
      response.end(bytes.subarray(from));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/clip.mp4`;
    const [near, far] = [await detectVideo(clip), await detectVideo(address)];
    server.closeAllConnections();
    server.close();
    expect(far.frames).toBe(near.frames);
    expect(far.events).toEqual(near.events);
  });

  test('bad input gives one clear line and exit code 2', async () => {
    const text = join(folder, 'notes.txt');
    await writeFile(text, 'this is no video');
    const empty = await mkdtemp(join(folder, 'empty-'));
    for (const args of [[], ['/nowhere/clip.mp4'], [text], [empty], ['ftp://camera/1'], [clip, '--fps', 'x']]) {
      const { code, stdout, stderr } = await detect(...args);
      expect(code, args.join(' ')).toBe(2);
      expect(stdout).toBe('');
      expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
    }
  });

  test('an address that does not answer is told without its password', async () => {
    for (const address of ['rtsp://user:p@ss@127.0.0.1:9/1', 'http://user:p@ss@127.0.0.1:9/1']) {
      const { code, stderr } = await detect(address);
      expect(code).toBe(2);
      expect(stderr).toMatch(/refused/i);
      expect(stderr).not.toMatch(/user|ss@/);
    }
  });
});
