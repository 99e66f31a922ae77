/**
 * The detector of falling objects as an input: its events are kept like what devices say, with the
 * evidence moved into the evidence folder first; what it sees of its cameras becomes their telemetry.
 */
import type { Logger } from 'pino';
import type { AlarmFact, Evidence } from '../../core/alarm.ts';
import { type Clock, sleep } from '../../core/clock.ts';
import type { Device } from '../../core/device.ts';
import type { Heartbeat } from '../../core/envelope.ts';
import type { AlarmBook } from '../alarm-book.ts';
import type { EvidenceFolder } from '../evidence.ts';
import type { JournalRecord } from '../segment.ts';
import { startVision, type TakenPicture } from '../vision/vision.ts';

const KIND = 'high-throw-camera';
const RULE_PREFIX = 'falling-object';
/** An event's time is that of its fall's end; a fall that is told early may end a little before or after. */
const VERDICT_MS_AROUND = 2_000;
/** A camera's own view of itself, as telemetry, at most this often. */
const TELEMETRY_EVERY_MS = 5_000;
/** Late evidence belongs to an alarm whose last raise is at most so far from the event … */
const EVIDENCE_MS_MAX = 60_000;
/** … and that exists once the pipeline has run, so it is waited for. */
const ALARM_EVERY_MS = 200;
const ALARM_TRIES = 50;
const REASON_CHARACTERS_MAX = 300;

export type CameraStates = NonNullable<Heartbeat['cameras']>;

export interface VisionInputOptions {
  dataDir: string;
  gatewayId: string;
  clock: Clock;
  log: Logger;
  evidence: EvidenceFolder;
  book: AlarmBook;
  devices(): readonly Device[];
  keep(records: JournalRecord[]): Promise<void>;
  addFact(fact: AlarmFact): Promise<void>;
  /** To the hub. */
  sendPicture(deviceId: string, picture: Evidence): Promise<void>;
}

export interface VisionInput {
  setDevices(devices: readonly Device[]): void;
  pushFrame(deviceId: string, jpeg: Uint8Array): void;
  /** Carries out a command for what the camera sees now; answered as if by the camera. */
  takePicture(deviceId: string, commandId: string): void;
  cameras(): CameraStates;
  framesDropped(): number;
  stop(): Promise<void>;
}

export function startVisionInput(options: VisionInputOptions): VisionInput {
  const { clock, log, evidence, keep } = options;
  /** Device id → its camera's state and when it was last kept as telemetry. */
  const states = new Map<string, { state: CameraStates[number]; keptAt: number }>();

  const stopping = new AbortController();

  const takeAll = async (files: { type: Evidence['type']; mime: string; path: string }[], at: number) =>
    (await Promise.all(files.map((file) => evidence.take(file, at)))).filter((one) => one !== undefined);

  const vision = startVision({
    cameras: options.devices().filter(isCamera),
    dataDir: options.dataDir,
    log,
    clock,
    onEvent(event) {
      void takeAll(event.evidence, event.at)
        .then((pieces) => keep([record(event.deviceId, 'event', eventOf(event.fields, pieces, event.at))]))
        .catch((error: unknown) => log.error({ err: error, deviceId: event.deviceId }, 'a fall could not be kept'));
    },
    onEvidence(late) {
      void takeAll(late.evidence, late.at)
        .then((pieces) => addLate(late.deviceId, late.at, pieces))
        .catch((error: unknown) =>
          log.error({ err: error, deviceId: late.deviceId }, 'late evidence could not be kept'),
        );
    },
    onPicture(taken) {
      void answer(taken).catch((error: unknown) =>
        log.error({ err: error, deviceId: taken.deviceId }, "a camera's picture could not be kept"),
      );
    },
    onState(state) {
      const { deviceId, fps, skippedShare, frames, disturbed, caution, reason } = state;
      const disturbances = state.disturbances.map((one) => ({ ...one, lastAt: Math.round(one.lastAt) }));
      const known = states.get(deviceId);
      const now = clock.now();
      const isDue = !known || now - known.keptAt >= TELEMETRY_EVERY_MS;
      const sees = state.state === 'running' || state.state === 'blocked';
      states.set(deviceId, {
        state: {
          deviceId,
          state: state.state,
          fps,
          skippedShare,
          frames,
          ...(disturbed && { disturbed }),
          disturbances,
          caution,
          ...(reason && { reason: reason.slice(0, REASON_CHARACTERS_MAX) }),
        },
        keptAt: isDue && sees ? now : (known?.keptAt ?? 0),
      });
      // A camera that shows nothing says nothing: its silence makes it unavailable.
      if (!isDue || !sees) return;
      const { brightnessPercent, blocked } = state;
      void keep([
        record(deviceId, 'telemetry', { fps: Math.max(0, fps), brightnessPercent: clamp(brightnessPercent), blocked }),
      ]);
    },
  });

  async function answer({ deviceId, id, picture, reason }: TakenPicture): Promise<void> {
    const taken = picture && (await evidence.take(picture, picture.at));
    if (taken) await options.sendPicture(deviceId, taken);
    const word = taken
      ? { ok: true, result: { pictureId: taken.id } }
      : { ok: false, error: reason ?? 'the picture is too large' };
    await keep([record(deviceId, 'reply', { id, ...word })]);
  }

  function record(deviceId: string, channel: 'event' | 'telemetry' | 'reply', content: object): JournalRecord {
    const receivedAt = clock.now();
    const payload = Buffer.from(JSON.stringify(content));
    return { channel, deviceId, kind: KIND, at: receivedAt, receivedAt, quality: 'good', messageId: 0, payload };
  }

  /** Picture and clip are ready after their event: they join the alarm that it raised. */
  async function addLate(deviceId: string, at: number, pieces: Evidence[]): Promise<void> {
    let alarm = alarmOf(deviceId, at);
    for (let tries = 1; !alarm && tries < ALARM_TRIES && !stopping.signal.aborted; tries++) {
      await sleep(clock, ALARM_EVERY_MS, stopping.signal);
      alarm = alarmOf(deviceId, at);
    }
    if (!alarm) {
      for (const piece of pieces) await evidence.remove(piece.sha256);
      return;
    }
    for (const piece of pieces) {
      await options.addFact({
        id: `${alarm.id}-${piece.id}`,
        alarmId: alarm.id,
        at,
        origin: { type: 'gateway', id: options.gatewayId },
        author: { type: 'system', id: 'vision' },
        body: { type: 'evidence', evidence: piece },
      });
    }
  }

  const alarmOf = (deviceId: string, at: number) =>
    options.book
      .alarms()
      .find(
        (one) =>
          one.deviceId === deviceId && one.rule.startsWith(RULE_PREFIX) && Math.abs(one.lastAt - at) < EVIDENCE_MS_MAX,
      );

  // What one alarm stands for is judged together; a later word takes the place of an earlier one.
  options.book.onChange(({ deviceId, rule, verdict, firstAt, lastAt }) => {
    if (verdict === null || !rule.startsWith(RULE_PREFIX)) return;
    const span = { fromAt: firstAt - VERDICT_MS_AROUND, toAt: lastAt + VERDICT_MS_AROUND };
    vision.judge(deviceId, { ...span, isFalse: verdict === 'false' });
  });

  return {
    setDevices(devices) {
      const cameras = devices.filter(isCamera);
      const known = new Set(cameras.map((camera) => camera.id));
      for (const id of states.keys()) if (!known.has(id)) states.delete(id);
      vision.setCameras(cameras);
    },
    pushFrame: vision.pushFrame,
    takePicture: vision.takePicture,
    cameras: () => [...states.values()].map(({ state }) => state),
    framesDropped: vision.framesDropped,
    stop() {
      stopping.abort();
      return vision.stop();
    },
  };
}

function isCamera(device: Device): boolean {
  return device.kind === KIND;
}

function eventOf(fields: object, evidence: Evidence[], at: number): object {
  return { type: 'falling-object', at, ...fields, evidence };
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}
