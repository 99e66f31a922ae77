/**
 * Sends the batches of all lanes over one link: the most urgent lane first, several under way at a
 * time, each lane with room of its own so that a backlog of telemetry never fills the link before
 * an alarm. What is not acknowledged in time is sent again. Knows no MQTT: `transmit` does.
 */
import type { Clock } from '../../core/clock.ts';
import { encodeBatchText, LANES, type Lane } from '../../core/envelope.ts';
import type { StoredBatch } from '../store.ts';
import { entriesJson, type Outbox } from './outbox.ts';

/** Without an acknowledgement for so long, everything under way is sent again. */
const RESEND_AFTER_MS = 20_000;
/** Without an acknowledgement for so long, the hub is asked whether it has what was sent last. */
const ASK_AFTER_MS = 2_000;
/** Every batch behind a hole brings the same complaint. */
const SET_BACK_EVERY_MS = 2_000;
/** Bytes under way on the lanes below the alarms: what an alarm may have to wait for at most. */
const BULK_BYTES_MAX = 512 * 1024;

/** The backlog slows down when the hub takes longer than this for one of its batches, and speeds up below half of it. */
const BACKLOG_ACK_MS = 1_000;

interface LaneProgress {
  /** The next sequence to send. */
  next: number;
  /** What went before it. */
  last: number;
  /** When it was set back for a hub that misses something; the batches under way then all say the same. */
  setBackAt: number | undefined;
  /** Sequence → bytes and time of the batches under way, oldest first. */
  underWay: Map<number, { bytes: number; sentAt: number }>;
}

export interface SenderOptions {
  outbox: Outbox;
  clock: Clock;
  gatewayId: string;
  epoch: string;
  /** May change at any time. */
  limits: { windowBatches: number };
  transmit(lane: Lane, bytes: Buffer): void;
  /** The bytes of an evidence file; undefined when the file is gone. */
  readFile(name: string): Promise<Buffer | undefined>;
}

export interface Sender {
  /** The link is up since `at`: what was made before it is history. */
  linkUp(at: number): void;
  linkDown(): void;
  /** Sends what may be sent now. */
  pump(): void;
  acked(lane: Lane, seq: number): void;
  /** The hub has the lane up to `stored` only; false when it was told just now. */
  missing(lane: Lane, stored: number): boolean;
  isUnderWay(lane: Lane, seq: number): boolean;
  /** Lane → the last sequence that was sent and is not acknowledged. */
  underWay(): Partial<Record<Lane, number>>;
  /** Whether something is under way for so long that the hub should be asked where it stands. */
  isWaiting(): boolean;
  /** Sends again what has waited too long; false when the link seems dead. */
  check(): boolean;
  readonly sent: { batches: number; bytes: number; resent: number };
}

export function createSender(options: SenderOptions): Sender {
  const { outbox, clock, gatewayId, epoch } = options;
  const lanes = new Map<Lane, LaneProgress>();
  const sent = { batches: 0, bytes: 0, resent: 0 };
  let upSince: number | undefined;
  let reading = false;
  let silentChecks = 0;
  /** Batches of the backlog under way: as many as the hub takes without keeping the live ones waiting. */
  let backlogWindow = 1;

  function bulkBytes(): number {
    let bytes = 0;
    for (const lane of LANES)
      if (!isUrgent(lane)) for (const one of progressOf(lane).underWay.values()) bytes += one.bytes;
    return bytes;
  }

  function progressOf(lane: Lane): LaneProgress {
    let progress = lanes.get(lane);
    if (!progress) {
      const { ackedSeq } = outbox.lane(lane);
      progress = { next: ackedSeq + 1, last: ackedSeq, setBackAt: undefined, underWay: new Map() };
      lanes.set(lane, progress);
    }
    return progress;
  }

  function pump(): void {
    for (const lane of LANES) {
      if (lane === 'evidence') void pumpEvidence();
      else pumpLane(lane);
    }
  }

  function pumpLane(lane: Lane): void {
    const progress = progressOf(lane);
    while (mayWrite(lane, progress)) {
      const batch = outbox.get(lane, progress.next);
      if (batch) transmit(lane, progress.next, batch, undefined);
      // Evicted: the account of it travels as a gap.
      progress.next += 1;
    }
  }

  /** Evidence is read from its file, one at a time: it is large and nobody waits for it. */
  async function pumpEvidence(): Promise<void> {
    if (reading) return;
    reading = true;
    const progress = progressOf('evidence');
    try {
      while (progress.underWay.size === 0 && mayWrite('evidence', progress)) {
        const since = upSince;
        const seq = progress.next;
        const batch = outbox.get('evidence', seq);
        const blob = batch?.file ? await options.readFile(batch.file) : undefined;
        if (upSince !== since || progressOf('evidence') !== progress) return;
        progress.next = seq + 1;
        if (batch) transmit('evidence', seq, batch, blob);
      }
    } finally {
      reading = false;
    }
  }

  function mayWrite(lane: Lane, progress: LaneProgress): boolean {
    if (upSince === undefined || progress.next > outbox.sendable(lane)) return false;
    const window = options.limits.windowBatches;
    if (progress.underWay.size >= (lane === 'backlog' ? Math.min(backlogWindow, window) : window)) return false;
    return isUrgent(lane) || bulkBytes() < (lane === 'backlog' ? BULK_BYTES_MAX / 2 : BULK_BYTES_MAX);
  }

  function transmit(lane: Lane, seq: number, stored: StoredBatch, blob: Buffer | undefined): void {
    const now = clock.now();
    const progress = progressOf(lane);
    const head = {
      gatewayId,
      epoch,
      lane,
      seq,
      after: progress.last,
      sentAt: now,
      history: lane === 'backlog' || stored.again === true || stored.at < (upSince ?? now),
    };
    const bytes = encodeBatchText(head, entriesJson(stored), blob);
    progress.last = seq;
    progress.underWay.set(seq, { bytes: bytes.length, sentAt: clock.monotonic() });
    sent.batches += 1;
    sent.bytes += bytes.length;
    options.transmit(lane, bytes);
  }

  function tuneBacklog(sentOne: { sentAt: number } | undefined): void {
    if (!sentOne) return;
    const tookMs = clock.monotonic() - sentOne.sentAt;
    if (tookMs > BACKLOG_ACK_MS) backlogWindow = Math.max(1, backlogWindow >> 1);
    else if (tookMs < BACKLOG_ACK_MS / 2) backlogWindow = Math.min(options.limits.windowBatches, backlogWindow + 1);
  }

  /** `stored`: what the hub has, which is less than it acknowledged if it lost its records. */
  function setBack(progress: LaneProgress, ackedSeq: number, stored = ackedSeq): void {
    progress.next = ackedSeq + 1;
    progress.last = Math.min(stored, ackedSeq);
    progress.underWay.clear();
  }

  return {
    sent,
    pump,
    linkUp(at) {
      upSince = at;
      silentChecks = 0;
      backlogWindow = 1;
      lanes.clear();
      pump();
    },
    linkDown() {
      upSince = undefined;
      lanes.clear();
    },
    acked(lane, seq) {
      silentChecks = 0;
      const progress = progressOf(lane);
      if (lane === 'backlog') tuneBacklog(progress.underWay.get(seq));
      for (const number of progress.underWay.keys()) if (number <= seq) progress.underWay.delete(number);
      if (progress.next <= seq) progress.next = seq + 1;
      pump();
    },
    missing(lane, stored) {
      const progress = progressOf(lane);
      const now = clock.monotonic();
      if (progress.setBackAt !== undefined && now - progress.setBackAt < SET_BACK_EVERY_MS) return false;
      progress.setBackAt = now;
      sent.resent += progress.underWay.size;
      setBack(progress, outbox.lane(lane).ackedSeq, stored);
      pump();
      return true;
    },
    isUnderWay: (lane, seq) => lanes.get(lane)?.underWay.has(seq) ?? false,
    underWay() {
      const last: Partial<Record<Lane, number>> = {};
      for (const lane of LANES) for (const seq of progressOf(lane).underWay.keys()) last[lane] = seq;
      return last;
    },
    isWaiting() {
      const now = clock.monotonic();
      return LANES.some((lane) => {
        const oldest = progressOf(lane).underWay.values().next().value;
        return oldest !== undefined && now - oldest.sentAt >= ASK_AFTER_MS;
      });
    },
    check() {
      const now = clock.monotonic();
      for (const lane of LANES) {
        const progress = progressOf(lane);
        const oldest = progress.underWay.values().next().value;
        if (!oldest || now - oldest.sentAt < RESEND_AFTER_MS) continue;
        sent.resent += progress.underWay.size;
        setBack(progress, outbox.lane(lane).ackedSeq);
        silentChecks += 1;
      }
      pump();
      return silentChecks < 3;
    },
  };
}

function isUrgent(lane: Lane): boolean {
  return lane === 'urgent' || lane === 'alarm';
}
