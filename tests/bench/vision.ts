/**
 * The high-throw detector beside MOG2 with a nearest-neighbour tracker (OpenCV) and beside the bare
 * decoder, on the same clips in one run. The clips are simulated here, so that the run needs nothing
 * but this repository and, for MOG2, Debian's python3-opencv; without it that row is left out.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../core/clock.ts';
import { detectVideo } from '../../edge/vision/detect.ts';
import { openVideo } from '../../edge/vision/sources/video.ts';
import { writeSimulatedClip } from '../edge/vision/clips.ts';
import type { Bench, Row } from './main.ts';
import { growCameras, makeRecordings } from './parts/camera-load.ts';

const run = promisify(execFile);
const MOG2 = fileURLToPath(new URL('./parts/mog2.py', import.meta.url));
const SECONDS = 40;
const FPS = 12.5;

interface Clip {
  path: string;
  /** When something was thrown, milliseconds. */
  thrownMs: number[];
}

interface Found {
  events: { startMs: number; endMs: number }[];
  msPerFrame: number;
  /** Of all threads, the decoder's too. */
  cpuMsPerFrame: number;
}

function makeClip(folder: string, seed: string): Clip {
  const path = join(folder, `${seed}.mp4`);
  const thrownMs: number[] = [];
  const weathers = ['clear', 'wind', 'rain', 'snow'] as const;
  writeSimulatedClip({
    path,
    seed,
    seconds: SECONDS,
    direct(camera, frame) {
      camera.wildlife(0.4);
      if (frame % 125 === 0) camera.weather(weathers[(frame / 125) % 4] ?? 'clear');
      if (frame % 125 !== 50) return;
      camera.throwObject();
      thrownMs.push((frame * 1000) / FPS);
    },
  });
  return { path, thrownMs };
}

/** A fall counts as found when an event overlaps it; every further event is a false alarm. */
function score(name: string, clips: readonly Clip[], found: readonly Found[]): Row {
  let recalled = 0;
  let thrown = 0;
  let events = 0;
  for (const [index, clip] of clips.entries()) {
    const all = found[index]?.events ?? [];
    events += all.length;
    thrown += clip.thrownMs.length;
    recalled += clip.thrownMs.filter((at) =>
      all.some((event) => event.startMs < at + 6_000 && event.endMs > at),
    ).length;
  }
  const median = (value: (one: Found) => number) =>
    found.map(value).sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? null;
  return {
    name,
    values: {
      msPerFrame: median((one) => one.msPerFrame),
      cpuMsPerFrame: median((one) => one.cpuMsPerFrame),
      thrown,
      found: recalled,
      falseAlarms: events - recalled,
      clipMinutes: (clips.length * SECONDS) / 60,
    },
  };
}

async function bareDecode(path: string): Promise<Found> {
  const source = await openVideo(path, { clock: systemClock });
  const luma = new Uint8Array(source.width * source.height);
  const cpuMs = startCpu();
  const startMs = systemClock.monotonic();
  let frames = 0;
  for await (const picture of source.pictures()) {
    picture.copyLuma(luma);
    frames += 1;
  }
  await source.close();
  const spanMs = systemClock.monotonic() - startMs;
  return { events: [], msPerFrame: spanMs / Math.max(1, frames), cpuMsPerFrame: cpuMs() / Math.max(1, frames) };
}

async function linli(path: string): Promise<Found> {
  const cpuMs = startCpu();
  const { events, frames, timing } = await detectVideo(path);
  return { events, msPerFrame: 1000 / timing.framesPerSecond, cpuMsPerFrame: cpuMs() / Math.max(1, frames) };
}

/** CPU time of this process from now on, milliseconds. */
function startCpu(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}

async function mog2(path: string): Promise<Found | undefined> {
  try {
    const { stdout } = await run('/usr/bin/python3', [MOG2, path], { maxBuffer: 16 * 1024 * 1024 });
    return JSON.parse(stdout) as Found;
  } catch (error) {
    process.stderr.write(`MOG2 left out: ${String(error).split('\n')[0]}\n`);
    return undefined;
  }
}

async function inTurn<T>(clips: readonly Clip[], look: (path: string) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (const clip of clips) all.push(await look(clip.path));
  return all;
}

const bench: Bench = {
  title: 'High-throw detector on simulated facade clips, 640×360',
  notes: [
    'msPerFrame is wall time per frame on one clip after the other, decoding included; cpuMsPerFrame is of all threads: OpenCV and Linli decode beside.',
    'A fall counts as found when any event overlaps its six seconds, which flatters who has many false ones.',
    'Bare decode finds nothing by definition; it is the floor under every detector.',
    'N × 1080p25: composite recordings over RTSP through the vision process, as a gateway starts it, until 1 % of the frames is skipped. The senders share the machine.',
    'afterNeededSight: from the delivery of the last frame that the alarm knew of to the alarm in the parent; afterEnough: from the first frame with which the rules were satisfied, sure or not.',
  ],
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'linli-bench-vision-'));
    try {
      const clips = ['bench-1', 'bench-2', 'bench-3'].map((seed) => makeClip(folder, seed));
      const decoded = await inTurn(clips, bareDecode);
      const ours = await inTurn(clips, linli);
      const theirs = (await inTurn(clips, mog2)).filter((one) => one !== undefined);
      const rows = [score('Linli detector', clips, ours), score('bare decode', clips, decoded)];
      if (theirs.length === clips.length) rows.splice(1, 0, score('MOG2 + nearest neighbour', clips, theirs));
      return [...rows, ...(await growCameras(await makeRecordings(folder)))];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export default bench;
