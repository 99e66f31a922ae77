/**
 * One live camera inside a worker: feed → detector → events with evidence. Tells its state every
 * two seconds and whenever it changes.
 */
import { join } from 'node:path';
import type { Clock, Timer } from '../../core/clock.ts';
import { type FacadeMap, mapFacade } from '../../core/facade.ts';
import type { Model } from '../../models/run.ts';
import { createDetector, type Detector } from './detector.ts';
import { createDisturbances } from './disturbances.ts';
import type { PacketCodec } from './evidence/clip.ts';
import { describeFall, type FallRecord, writeFallClip, writePicture, writeTrack } from './evidence/evidence.ts';
import { createFootageRing, type Footage } from './evidence/footage-ring.ts';
import { writeView } from './evidence/view.ts';
import { createFeed } from './feed.ts';
import type { BegunFall, CompleteFall } from './judge/early.ts';
import type { Verdict } from './judge/nuisance.ts';
import type { PictureState } from './look/picture.ts';
import type { CameraSpec, CameraState, EvidenceFile, FallFields, News, TakenPicture } from './messages.ts';
import type { Picture } from './sources/source.ts';
import type { CameraLoad } from './stride-plan.ts';

export interface CameraContext {
  model: Model;
  /** Evidence files are made here. */
  dataDir: string;
  clock: Clock;
  random: () => number;
  tell(news: News): void;
}

export interface Camera {
  start(): void;
  push(jpeg: Uint8Array): void;
  /** What a guard says of falls that were told. */
  judge(verdict: Verdict): void;
  /** What it sees now, told under this id. */
  takePicture(id: string): void;
  load(): CameraLoad;
  setStride(stride: number): void;
  stop(): Promise<void>;
}

const PRE_ROLL_MS = 10_000;
const POST_ROLL_MS = 10_000;
const RING_BYTES_MAX = 32 * 1024 * 1024;
const FPS_MAX = 30;
const STATE_PERIOD_MS = 2_000;
/** A camera that gave no picture for so long is no longer running. */
const SILENT_MS = 5_000;
const FAILED_AFTER_ATTEMPTS = 4;
const RECORDINGS_MAX = 4;
const NO_PICTURE = 'no picture arrives';

interface Recording {
  record: FallRecord;
  footage: Footage[];
  untilMs: number;
  codec: PacketCodec | undefined;
}

export function createCamera(spec: CameraSpec, context: CameraContext): Camera {
  const { clock, tell } = context;
  const { deviceId, options } = spec;
  const ring = createFootageRing({ spanMs: PRE_ROLL_MS + 2_000, bytesMax: RING_BYTES_MAX });
  const folder = join(context.dataDir, deviceId);
  let detector: Detector | undefined;
  let map: FacadeMap | undefined;
  let codec: PacketCodec | undefined;
  let recordings: Recording[] = [];
  let stride = 1;
  let number = 0;
  let picture: PictureState = { condition: 'normal', brightnessPercent: 0 };
  const disturbances = createDisturbances();
  /** Time of the last frame that was looked at. */
  let seenAtMs = 0;
  let lastPictureMs: number | undefined;
  let broken: { reason: string; attempts: number } | undefined;
  const frames = { looked: 0, skipped: 0 };
  /** As they were when the present period began. */
  let framesBefore = { ...frames };
  let told = '';
  let views = 0;
  let timer: Timer | undefined;
  /** Id of the detector → what was said and when, of falls that were told before their end. */
  const begun = new Map<number, { fallId: string; at: number }>();
  const pendingWrites = new Set<Promise<void>>();

  const see = async (frame: Picture, atMs: number): Promise<void> => {
    if (!detector || detector.width !== frame.width || detector.height !== frame.height) begin(frame);
    if (!detector) return;
    lastPictureMs = clock.monotonic();
    broken = undefined;
    frame.copyLuma(detector.nextLuma());
    const seen = await detector.push(atMs);
    picture = seen.picture;
    disturbances.see(picture.condition, atMs);
    seenAtMs = atMs;
    frames.looked += 1;
    for (const fall of seen.begun) tellBegun(fall);
    for (const fall of seen.complete) track(raise(fall, frame));
    for (const recording of recordings.filter((entry) => entry.untilMs <= atMs)) track(finish(recording));
  };

  const begin = (size: { width: number; height: number }): void => {
    const { model } = context;
    map = options.calibration && mapFacade(options.calibration, size);
    if (options.calibration && !map)
      say('warn', 'the calibration does not span the facade: click four corners of a rectangle', {});
    const { masks, zones } = options;
    detector = createDetector({ model, ...sizeOf(size), masks, zones, facade: map, early: true });
    begun.clear();
    say('info', 'camera seen', { width: size.width, height: size.height });
  };

  const keep = (footage: Footage): void => {
    ring.push(footage);
    for (const recording of recordings) recording.footage.push(footage);
  };

  /** The alarm waits for no end: what is known by now, and all of it with the evidence when the fall is complete. */
  const tellBegun = (fall: BegunFall): void => {
    const { fields } = describeFall(fall, map);
    // Another rule watches what is only suspected; it would make a second alarm of the complete fall.
    if (fields.suspected) return;
    const fallId = `${fields.startAt}-${fall.id}`;
    begun.set(fall.id, { fallId, at: fields.endAt });
    tell({ type: 'event', event: { deviceId, at: fields.endAt, fields: { fallId, ...fields }, evidence: [] } });
  };

  const raise = async (fall: CompleteFall, size: { width: number; height: number }): Promise<void> => {
    const { fields: found, origin } = describeFall(fall, map);
    const told = fall.begunId === undefined ? undefined : begun.get(fall.begunId);
    if (fall.begunId !== undefined) begun.delete(fall.begunId);
    // A fall that was told as sure stays so: it is one event.
    const fields: FallFields = told ? { fallId: told.fallId, ...found, suspected: false } : found;
    const footage = recordings.length < RECORDINGS_MAX ? ring.since(fields.startAt - PRE_ROLL_MS) : [];
    const clipFromAt = footage[0] && Math.round(footage[0].atMs);
    const at = Math.max(fields.endAt, told?.at ?? 0);
    const of = { deviceId, at, options, map, picture: sizeOf(size), folder };
    const record: FallRecord = { ...of, fall, fields, origin, clipFromAt };
    if (footage.length > 0) recordings.push({ record, footage, untilMs: fields.endAt + POST_ROLL_MS, codec });
    const evidence: EvidenceFile[] = [];
    try {
      evidence.push(await writeTrack(record, context.model.manifest.version));
    } catch (error) {
      say('error', 'the track could not be written', { error: String(error) });
    }
    tell({ type: 'event', event: { deviceId, at, fields, evidence } });
    // The alarm waits for no picture: decoding from the last key picture on takes up to a second.
    await tellLate('the picture', record, () => writePicture(record, ring, codec));
  };

  const tellLate = async (what: string, record: FallRecord, write: () => Promise<EvidenceFile | undefined>) => {
    try {
      const file = await write();
      if (file) tell({ type: 'late-evidence', late: { deviceId, at: record.at, evidence: [file] } });
    } catch (error) {
      say('error', `${what} could not be written`, { error: String(error) });
    }
  };

  const finish = async (recording: Recording): Promise<void> => {
    recordings = recordings.filter((entry) => entry !== recording);
    const { record, footage } = recording;
    await tellLate('the clip', record, () => writeFallClip(record, footage, recording.codec));
  };

  const tellView = async (id: string): Promise<void> => {
    tell({ type: 'picture', taken: { deviceId, id, ...(await view()) } });
  };

  const view = async (): Promise<Pick<TakenPicture, 'picture' | 'reason'>> => {
    const nothing = noPicture();
    if (nothing !== undefined) return { reason: nothing };
    try {
      const picture = await writeView({ ring, codec, masks: options.masks, folder, name: `view-${++views}.jpg` });
      return picture ? { picture } : { reason: NO_PICTURE };
    } catch (error) {
      say('error', 'a picture could not be written', { error: String(error) });
      return { reason: 'the picture could not be written' };
    }
  };

  const track = (work: Promise<void>): void => {
    pendingWrites.add(work);
    void work.finally(() => pendingWrites.delete(work));
  };

  const say = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, string | number>) =>
    tell({ type: 'said', said: { level, message, fields: { deviceId, ...fields } } });

  const feed = createFeed(options.stream, {
    clock,
    random: context.random,
    events: {
      onPicture: see,
      onFootage: keep,
      wants: () => number++ % stride === 0,
      onSkipped(number) {
        frames.skipped += number;
      },
      onConnected(found) {
        codec = found;
        ring.clear();
        say('info', 'camera connected', {});
      },
      onBroken(reason, attempts) {
        broken = { reason, attempts };
        for (const recording of recordings) track(finish(recording));
        report();
      },
    },
  });

  const stateNow = (): CameraState['state'] => {
    if (broken) return broken.attempts >= FAILED_AFTER_ATTEMPTS ? 'failed' : 'connecting';
    if (lastPictureMs === undefined || clock.monotonic() - lastPictureMs > SILENT_MS) return 'connecting';
    return picture.condition === 'frozen' || picture.condition === 'blocked' ? picture.condition : 'running';
  };

  /** Why the camera shows nothing now; undefined while it does. */
  const noPicture = (): string | undefined => {
    if (broken) return broken.reason;
    return stateNow() === 'connecting' ? NO_PICTURE : undefined;
  };

  const report = (): void => {
    const state = stateNow();
    const running = state !== 'connecting' && state !== 'failed';
    const skipped = frames.skipped - framesBefore.skipped;
    const total = frames.looked - framesBefore.looked + skipped;
    const disturbed = running ? disturbances.now() : undefined;
    const reason = noPicture();
    if (state !== told) say(running ? 'info' : 'warn', 'camera state', { state, ...(reason && { reason }) });
    told = state;
    tell({
      type: 'state',
      state: {
        deviceId,
        state,
        fps: running ? Math.round(feed.fps() * 10) / 10 : 0,
        skippedShare: total === 0 ? 0 : Math.round((skipped / total) * 1000) / 1000,
        frames: { ...frames },
        brightnessPercent: picture.brightnessPercent,
        blocked: state === 'blocked',
        ...(disturbed && { disturbed }),
        disturbances: disturbances.list(),
        caution: Math.round((detector?.caution(seenAtMs) ?? 1) * 10) / 10,
        ...(reason && { reason }),
      },
    });
  };

  return {
    start() {
      feed.start();
      timer = clock.every(STATE_PERIOD_MS, () => {
        report();
        framesBefore = { ...frames };
        for (const recording of recordings.filter((entry) => entry.untilMs + SILENT_MS < clock.now()))
          track(finish(recording));
      });
    },
    push: (jpeg) => feed.push(jpeg),
    judge: (verdict) => detector?.judge(verdict),
    takePicture: (id) => track(tellView(id)),
    load: () => ({
      deviceId,
      importance: options.importance ?? 0,
      fps: feed.fps(),
      fpsMax: options.fpsMax ?? FPS_MAX,
      lagMs: feed.lagMs(),
    }),
    setStride(next) {
      if (next !== stride) say('info', 'frames are skipped evenly', { lookAtEvery: next });
      stride = next;
    },
    async stop() {
      timer?.cancel();
      await feed.stop();
      for (const recording of recordings) track(finish(recording));
      await Promise.allSettled(pendingWrites);
    },
  };
}

function sizeOf({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width, height };
}
