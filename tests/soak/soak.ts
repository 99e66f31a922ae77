/**
 * The stream soak: live cameras that are cut, stalled, frozen, covered, resized, torn and fed rubbish,
 * one after the other by seed, in front of the gateway's own vision process. Every state must be told,
 * the process must live through all of it, and its memory must not grow. Between the faults things
 * are thrown, to see that it still sees.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { sleep, systemClock } from '../../core/clock.ts';
import { type CameraState, startVision } from '../../edge/vision/vision.ts';
import { seededRandom } from '../../simulators/random.ts';
import { memoryMegabyte } from '../bench/parts/processes.ts';
import { type FaultyCamera, type StreamFault, startFaultyCamera } from './faulty-camera.ts';

export interface SoakResult {
  minutes: number;
  /** Fault → how often. */
  faults: Record<string, number>;
  /** Faults whose state was not told, or after which the camera did not run again. */
  untold: string[];
  /** Times that the vision process ended by itself. */
  restarts: number;
  /** Resident megabytes of the vision process: after the first tenth, at most, at the end. */
  memory: { early: number; peak: number; end: number };
  thrown: number;
  /** Of them, those that became an event within 15 s. */
  found: number;
  /** Events that nothing thrown explains. */
  unexplained: number;
}

/** What the operator must be told of each fault; a torn or resized stream goes on. */
const TOLD: Readonly<Record<StreamFault, readonly CameraState['state'][]>> = {
  cut: ['connecting', 'failed'],
  stall: ['connecting', 'failed'],
  rubbish: ['connecting', 'failed'],
  torn: ['running'],
  freeze: ['frozen'],
  cover: ['blocked'],
  resize: ['running'],
};
const FAULTS = Object.keys(TOLD) as StreamFault[];
const TELL_MS_MAX = 45_000;
/** The longest back-off, and a picture or two. */
const RECOVER_MS_MAX = 60_000;
const FOUND_MS_MAX = 15_000;

export async function soak(options: {
  minutes: number;
  seed: string;
  cameras: number;
  /** Default: all. Each comes once, then chance decides. */
  faults?: readonly StreamFault[];
  say(line: string): void;
}): Promise<SoakResult> {
  const { faults = FAULTS } = options;
  const random = seededRandom(`soak/${options.seed}`);
  const chance = () => random.next();
  const folder = mkdtempSync(join(tmpdir(), 'linli-soak-'));
  const streams = new Map<string, FaultyCamera>();
  for (let index = 1; index <= options.cameras; index += 1)
    streams.set(`camera-${index}`, await startFaultyCamera(`${options.seed}/${index}`, chance));
  const states = new Map<string, CameraState>();
  const eventsAt: number[] = [];
  const vision = startVision({
    cameras: [...streams].map(([id, { url, camera }]) => ({
      id,
      kind: 'high-throw-camera',
      communityId: 'soak',
      gatewayId: 'soak',
      name: id,
      location: {},
      options: { stream: url, calibration: camera().calibration },
    })),
    dataDir: folder,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    onEvent: () => eventsAt.push(Date.now()),
    onState: (state) => states.set(state.deviceId, state),
  });
  const result: SoakResult = {
    minutes: options.minutes,
    faults: Object.fromEntries(faults.map((fault) => [fault, 0])),
    untold: [],
    restarts: 0,
    memory: { early: 0, peak: 0, end: 0 },
    thrown: 0,
    found: 0,
    unexplained: 0,
  };
  const thrownAt: number[] = [];
  const startedAt = Date.now();
  let pid: number | undefined;
  const watch = setInterval(() => {
    const present = vision.pid();
    if (pid !== undefined && present !== pid) result.restarts += 1;
    pid = present;
    const now = present === undefined ? 0 : residentMegabyte(present);
    result.memory.peak = Math.max(result.memory.peak, now);
    if (Date.now() - startedAt > options.minutes * 6_000) result.memory.early ||= now;
    result.memory.end = now || result.memory.end;
  }, 1_000);
  const told = (id: string, wanted: readonly CameraState['state'][], withinMs: number) =>
    within(withinMs, () => wanted.includes(states.get(id)?.state ?? 'connecting') && states.has(id));
  try {
    for (const id of streams.keys())
      if (!(await told(id, ['running'], RECOVER_MS_MAX))) result.untold.push(`${id} start`);
    const end = startedAt + options.minutes * 60_000;
    for (let round = 0; Date.now() < end || round < faults.length; round += 1) {
      const fault = faults[round < faults.length ? round : Math.floor(chance() * faults.length)] ?? 'cut';
      const [id, stream] = [...streams][Math.floor(chance() * streams.size)] ?? [];
      if (!id || !stream) break;
      options.say(`${new Date().toISOString()} ${id} ${fault}`);
      stream.fail(fault);
      result.faults[fault] = (result.faults[fault] ?? 0) + 1;
      if (TOLD[fault].includes('running')) await sleep(systemClock, 5_000);
      if (!(await told(id, TOLD[fault], TELL_MS_MAX))) result.untold.push(`${id} ${fault}: ${states.get(id)?.state}`);
      stream.repair();
      if (!(await told(id, ['running'], RECOVER_MS_MAX)))
        result.untold.push(`${id} after ${fault}: ${states.get(id)?.state}`);
      // A new scene is learned for some seconds; then the camera must see again.
      await sleep(systemClock, 12_000);
      stream.camera().throwObject({ object: 'bag' });
      thrownAt.push(Date.now());
      await within(FOUND_MS_MAX, () => eventsAt.some((at) => at > (thrownAt.at(-1) ?? 0)));
    }
  } finally {
    clearInterval(watch);
    await vision.stop();
    for (const stream of streams.values()) await stream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const explains = (thrown: number, event: number) => event >= thrown && event - thrown < FOUND_MS_MAX;
  result.thrown = thrownAt.length;
  result.found = thrownAt.filter((thrown) => eventsAt.some((event) => explains(thrown, event))).length;
  result.unexplained = eventsAt.filter((event) => !thrownAt.some((thrown) => explains(thrown, event))).length;
  return result;
}

async function within(spanMs: number, holds: () => boolean): Promise<boolean> {
  for (const end = Date.now() + spanMs; Date.now() < end; await sleep(systemClock, 200)) if (holds()) return true;
  return holds();
}

/** None once the process has ended. */
function residentMegabyte(pid: number): number {
  try {
    return memoryMegabyte(pid).now;
  } catch {
    return 0;
  }
}
