/**
 * Keeps the outbox within its bounds. Acknowledged batches go when they are old or in the way; when
 * that is not enough, what waits is evicted, the oldest of the cheapest lane first, and every device
 * and span that lost something is named in a gap entry, which travels to the hub like an alarm.
 */
import { statfs } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../../core/clock.ts';
import { type Entry, LANES, type Lane } from '../../core/envelope.ts';
import type { NewId } from '../../core/ids.ts';
import type { EdgeConfig } from '../config.ts';
import type { Store, StoredBatch } from '../store.ts';
import { type Outbox, sizeOf, unpackEntries } from './outbox.ts';
import type { Steps, Work } from './work.ts';

type GapEntry = Extract<Entry, { type: 'gap' }>;

/**
 * What is evicted first. Evidence is the last lane on the way up because it is large, not because it
 * is cheap: a reading is one of thousands, a picture of a fall is the only one.
 */
const EVICTION_ORDER: readonly Lane[] = ['backlog', 'telemetry', 'evidence', 'event', 'alarm', 'urgent'];
const EVERY_MS = 2_000;
const DAY_MS = 24 * 3_600_000;
const MEGABYTE = 1_000_000;
/** One step removes so many batches at most, so that it never holds up the others. */
const BATCHES_PER_STEP_MAX = 200;
/** Eviction makes this much room at once, so that it does not run with every batch. */
const ROOM_SHARE = 0.05;

export interface Housekeeping {
  start(): void;
  stop(): void;
  /** One round, as the timer does it. */
  round(): Promise<void>;
  /** Puts acknowledged batches of this span on their lanes again. */
  resend(span: { fromAt: number; toAt: number; lanes: Lane[] }): Promise<void>;
  /** The same from a sequence on, for a hub that has less than it acknowledged. */
  resendFrom(lane: Lane, from: number): Promise<void>;
}

export interface HousekeepingOptions {
  store: Store;
  outbox: Outbox;
  steps: Steps;
  clock: Clock;
  log: Logger;
  newId: NewId;
  limits: EdgeConfig['outbox'];
  dataDir: string;
  /** A batch that is on its way is not evicted: the hub may have it already. */
  isUnderWay(lane: Lane, seq: number): boolean;
  /** The device of an alarm, for the account of evicted facts. */
  deviceOfAlarm(alarmId: string): string | undefined;
  removeFile(name: string): void;
}

export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { store, outbox, steps, clock, log, limits } = options;
  let timer: Timer | undefined;
  let busy = false;
  /** While the disk is too full, the outbox may not grow beyond what it was when that began. */
  let floorBytes: number | undefined;

  const totalBytes = () =>
    LANES.reduce((sum, lane) => sum + outbox.lane(lane).waitingBytes + outbox.lane(lane).keptBytes, 0);

  async function round(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      await lookAtDisk();
      const cutoff = clock.now() - limits.keepDays * DAY_MS;
      await steps.run((work) => removeKept((batch) => batch.at < cutoff, work));
      while (totalBytes() > capBytes()) if (!(await makeRoom())) break;
    } finally {
      busy = false;
    }
  }

  function capBytes(): number {
    return Math.min(limits.sizeMegabyteMax * MEGABYTE, floorBytes ?? Number.POSITIVE_INFINITY);
  }

  async function lookAtDisk(): Promise<void> {
    const { bavail, bsize } = await statfs(options.dataDir);
    const freeBytes = bavail * bsize;
    const floor = limits.diskFreeMegabyteMin * MEGABYTE;
    if (freeBytes < floor && floorBytes === undefined) {
      floorBytes = totalBytes();
      log.error({ freeBytes, floor }, 'the disk is nearly full: the outbox grows no further and evicts its oldest');
    } else if (freeBytes > floor * 1.1 && floorBytes !== undefined) {
      floorBytes = undefined;
      log.info({ freeBytes }, 'the disk has room again');
    }
  }

  /** False when nothing is left that may go. */
  async function makeRoom(): Promise<boolean> {
    const room = totalBytes() - capBytes() * (1 - ROOM_SHARE);
    const kept = await steps.run((work) => removeKept(() => true, work, room));
    return kept > 0 || steps.run((work) => evict(room, work));
  }

  /** Acknowledged batches, the oldest of each lane first. Returns the bytes that went. */
  function removeKept(isOld: (batch: StoredBatch) => boolean, work: Work, room = Number.POSITIVE_INFINITY): number {
    let bytes = 0;
    for (const lane of LANES) {
      const { ackedSeq, keptBytes } = outbox.lane(lane);
      if (keptBytes <= 0 || bytes >= room) continue;
      let laneBytes = 0;
      const range = { start: [lane, 0] as [Lane, number], end: [lane, ackedSeq + 1] as [Lane, number] };
      for (const { key, value } of store.outbox.getRange({ ...range, limit: BATCHES_PER_STEP_MAX })) {
        if (!isOld(value) || bytes + laneBytes >= room) break;
        laneBytes += sizeOf(value);
        remove(key, value, work);
      }
      if (laneBytes === 0) continue;
      outbox.update(lane, { keptBytes: Math.max(0, keptBytes - laneBytes) }, work);
      bytes += laneBytes;
    }
    return bytes;
  }

  function evict(room: number, work: Work): boolean {
    for (const lane of EVICTION_ORDER) {
      const state = outbox.lane(lane);
      const gaps = new Map<string, GapEntry>();
      let bytes = 0;
      const range = {
        start: [lane, state.ackedSeq + 1] as [Lane, number],
        end: [lane, state.nextSeq] as [Lane, number],
      };
      for (const { key, value } of store.outbox.getRange({ ...range, limit: BATCHES_PER_STEP_MAX })) {
        if (bytes >= room) break;
        if (options.isUnderWay(lane, key[1])) continue;
        for (const entry of unpackEntries(value)) account(entry, ofDevices(lane), gaps);
        bytes += sizeOf(value);
        remove(key, value, work);
      }
      if (bytes === 0) continue;
      const lost = [...gaps.values()].reduce((sum, gap) => sum + gap.count, 0);
      outbox.update(
        lane,
        { waitingBytes: Math.max(0, state.waitingBytes - bytes), evicted: state.evicted + lost },
        work,
      );
      for (const gap of gaps.values()) work.send('alarm', gap, { fromAt: gap.fromAt, toAt: gap.toAt });
      log.warn({ lane, bytes, lost, devices: gaps.size }, 'evicted from the outbox, the account of it goes to the hub');
      return true;
    }
    return false;
  }

  function remove(key: [Lane, number], batch: StoredBatch, work: Work): void {
    work.write(() => void store.outbox.remove(key));
    const { file } = batch;
    if (file !== undefined) work.after(() => options.removeFile(file));
  }

  /** Adds what an evicted entry held to the gap of its device. */
  function account(entry: Entry, lane: Lane, gaps: Map<string, GapEntry>): void {
    const { deviceId, fromAt, toAt, count, of } = contentOf(entry, lane);
    const key = `${of} ${deviceId}`;
    const gap = gaps.get(key);
    if (!gap) {
      const reason = floorBytes === undefined ? 'size-cap' : 'disk-floor';
      gaps.set(key, { type: 'gap', id: options.newId(), lane: of, deviceId, fromAt, toAt, count, reason });
      return;
    }
    gap.fromAt = Math.min(gap.fromAt, fromAt);
    gap.toAt = Math.max(gap.toAt, toAt);
    gap.count += count;
  }

  function contentOf(
    entry: Entry,
    of: Lane,
  ): { deviceId: string; fromAt: number; toAt: number; count: number; of: Lane } {
    const one = (deviceId: string, at: number) => ({ deviceId, fromAt: at, toAt: at, count: 1, of });
    switch (entry.type) {
      case 'telemetry': {
        const ats = [...entry.at].sort((a, b) => a - b);
        return { deviceId: entry.deviceId, fromAt: ats[0] ?? 0, toAt: ats.at(-1) ?? 0, count: ats.length, of };
      }
      case 'gap':
        return { ...entry, of: entry.lane };
      case 'fact':
        return one(options.deviceOfAlarm(entry.fact.alarmId) ?? 'unknown', entry.fact.at);
      case 'evidence':
        return one(options.deviceOfAlarm(entry.alarmId) ?? 'unknown', entry.evidence.at);
      case 'camera-picture':
        return one(entry.deviceId, entry.picture.at);
      case 'event':
      case 'liveness':
      case 'command-status':
      case 'dead-letter':
        return one(entry.deviceId, entry.at);
    }
  }

  async function resend({ fromAt, toAt, lanes }: { fromAt: number; toAt: number; lanes: Lane[] }): Promise<void> {
    for (const lane of withBacklog(lanes))
      await sendAgain(lane, 0, ({ value }) => value.toAt >= fromAt && value.fromAt <= toAt);
    log.info({ fromAt, toAt, lanes }, 'sent again what the hub asked for');
  }

  /** A hub that lost its records has less than it acknowledged: what is still kept here goes again. */
  async function resendFrom(lane: Lane, from: number): Promise<void> {
    const upTo = outbox.lane(lane).ackedSeq;
    if (from > upTo) return;
    log.warn({ lane, from, upTo }, 'the hub lost what it had acknowledged: sending again what is kept');
    await sendAgain(lane, from, () => true);
  }

  /** Puts acknowledged batches from this sequence on their lanes again. */
  async function sendAgain(
    lane: Lane,
    first: number,
    isWanted: (found: { key: [Lane, number]; value: StoredBatch }) => boolean,
  ): Promise<void> {
    const upTo = outbox.lane(lane).ackedSeq;
    for (let from = first; from <= upTo; ) {
      const range = { start: [lane, from] as [Lane, number], end: [lane, upTo + 1] as [Lane, number] };
      const found = [...store.outbox.getRange({ ...range, limit: BATCHES_PER_STEP_MAX })];
      const last = found.at(-1);
      if (!last) break;
      from = last.key[1] + 1;
      const again = found.filter(isWanted);
      if (again.length === 0) continue;
      await steps.run((work) => {
        const bytes = again.reduce((sum, { value }) => sum + sizeOf(value), 0);
        for (const { key } of again) work.write(() => void store.outbox.remove(key));
        outbox.update(lane, { keptBytes: Math.max(0, outbox.lane(lane).keptBytes - bytes) }, work);
        const onto = lane === 'telemetry' ? 'backlog' : lane;
        for (const { value } of again) work.sendBatch(onto, { ...value, again: true });
      });
    }
  }

  return {
    start() {
      timer = clock.every(EVERY_MS, () => {
        round().catch((error: unknown) => log.error({ err: error }, 'housekeeping failed'));
      });
    },
    stop: () => timer?.cancel(),
    round,
    resend,
    resendFrom,
  };
}

/** What was lost is telemetry, whichever way it was to go. */
function ofDevices(lane: Lane): Lane {
  return lane === 'backlog' ? 'telemetry' : lane;
}

/** Telemetry of while the hub was away has a lane of its own; first, since what comes again joins it. */
function withBacklog(lanes: readonly Lane[]): Lane[] {
  return lanes.includes('telemetry') ? ['backlog', ...lanes.filter((lane) => lane !== 'backlog')] : [...lanes];
}
