/**
 * What waits for the hub: batches in lanes, each lane with its own sequence. In come entries of
 * steps; out go batches, oldest first, until the hub says that it has stored them. Acknowledged
 * batches stay for a resend as long as time and space allow.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Clock } from '../../core/clock.ts';
import { type Entry, LANES, type Lane } from '../../core/envelope.ts';
import { LIMITS } from '../../core/limits.ts';
import type { LaneState, Store, StoredBatch } from '../store.ts';
import type { Work } from './work.ts';

interface Span {
  fromAt: number;
  toAt: number;
  /** Evidence: the file whose bytes travel with the entry; such an entry is a batch of its own. */
  file?: string;
}

interface Gathering {
  add(lane: Lane, entry: Entry, span: Span): void;
  addBatch(lane: Lane, batch: StoredBatch): void;
  /** Gives the entries their places in the lanes. */
  seal(): Sealed;
}

interface Sealed {
  count: number;
  /** To be called inside the transaction. */
  write(): void;
  committed(): void;
}

export interface Outbox {
  gather(): Gathering;
  lane(lane: Lane): Readonly<LaneState>;
  /** The highest sequence that is on the disk and may be sent. */
  sendable(lane: Lane): number;
  get(lane: Lane, seq: number): StoredBatch | undefined;
  /** When the oldest batch of the lane that waits was made. */
  oldestAt(lane: Lane): number | null;
  /** Everything up to `seq` is stored at the hub. Returns the writes, to be called inside a transaction. */
  ack(lane: Lane, seq: number): (() => void) | undefined;
  /** Called when batches became sendable. */
  onSendable: () => void;
  /** Changes a lane's account within a step: eviction, trimming. */
  update(lane: Lane, change: Partial<LaneState>, work: Work): void;
}

/** The store holds it for a moment: speed counts more than the last tenth of size. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Overhead of a batch in the store beside its bytes: key, numbers, page share. */
const BATCH_OVERHEAD_BYTES = 128;

export function createOutbox({ store, clock }: { store: Store; clock: Clock }): Outbox {
  const lanes = new Map<Lane, LaneState>(LANES.map((lane) => [lane, store.lane(lane)]));
  const flushed = new Map<Lane, number>(LANES.map((lane) => [lane, stateOf(lane).nextSeq - 1]));
  let flushing = false;
  let flushAgain = false;

  function stateOf(lane: Lane): LaneState {
    const state = lanes.get(lane);
    if (!state) throw new Error(`no lane ${lane}`);
    return state;
  }

  /** A batch may go out when the disk has it: its sequence number must never be given twice. */
  async function flush(): Promise<void> {
    flushAgain = true;
    if (flushing) return;
    flushing = true;
    while (flushAgain) {
      flushAgain = false;
      const reached = LANES.map((lane) => [lane, stateOf(lane).nextSeq - 1] as const);
      await store.flushed();
      for (const [lane, seq] of reached) flushed.set(lane, seq);
      outbox.onSendable();
    }
    flushing = false;
  }

  const outbox: Outbox = {
    onSendable: () => {},
    lane: stateOf,
    sendable: (lane) => flushed.get(lane) ?? 0,
    get: (lane, seq) => store.outbox.get([lane, seq]),
    oldestAt(lane) {
      const { ackedSeq, nextSeq, waitingBytes } = stateOf(lane);
      if (waitingBytes === 0) return null;
      for (const { value } of store.outbox.getRange({ start: [lane, ackedSeq + 1], end: [lane, nextSeq], limit: 1 }))
        return value.at;
      return null;
    },
    gather() {
      const open = new Map<Lane, { entries: Entry[]; span: Span }>();
      const sealed: { lane: Lane; batch: StoredBatch }[] = [];
      const close = (lane: Lane) => {
        const group = open.get(lane);
        open.delete(lane);
        if (group) for (const batch of toBatches(group.entries, group.span, clock.now())) sealed.push({ lane, batch });
      };
      return {
        add(lane, entry, span) {
          if (span.file !== undefined) {
            close(lane);
            open.set(lane, { entries: [entry], span });
            close(lane);
            return;
          }
          const group = open.get(lane);
          if (!group) {
            open.set(lane, { entries: [entry], span: { ...span } });
            return;
          }
          group.entries.push(entry);
          group.span.fromAt = Math.min(group.span.fromAt, span.fromAt);
          group.span.toAt = Math.max(group.span.toAt, span.toAt);
        },
        addBatch(lane, batch) {
          close(lane);
          sealed.push({ lane, batch });
        },
        seal() {
          for (const lane of [...open.keys()]) close(lane);
          const placed = sealed.map(({ lane, batch }) => {
            const state = stateOf(lane);
            const seq = state.nextSeq;
            state.nextSeq += 1;
            state.waitingBytes += sizeOf(batch);
            return { lane, seq, batch };
          });
          const touched = [...new Set(placed.map((one) => one.lane))].map(
            (lane) => [lane, { ...stateOf(lane) }] as const,
          );
          return {
            count: placed.length,
            write() {
              for (const { lane, seq, batch } of placed) void store.outbox.put([lane, seq], batch);
              for (const [lane, state] of touched) store.putLane(lane, state);
            },
            committed() {
              if (placed.length > 0) void flush();
            },
          };
        },
      };
    },
    ack(lane, seq) {
      const state = stateOf(lane);
      if (seq <= state.ackedSeq || seq >= state.nextSeq) return undefined;
      const range = { start: [lane, state.ackedSeq + 1] as [Lane, number], end: [lane, seq + 1] as [Lane, number] };
      let bytes = 0;
      for (const { value } of store.outbox.getRange(range)) bytes += sizeOf(value);
      state.ackedSeq = seq;
      state.waitingBytes -= bytes;
      state.keptBytes += bytes;
      const snapshot = { ...state };
      return () => store.putLane(lane, snapshot);
    },
    update(lane, change, work) {
      const snapshot = { ...Object.assign(stateOf(lane), change) };
      work.write(() => store.putLane(lane, snapshot));
    },
  };
  return outbox;
}

export function sizeOf(batch: StoredBatch): number {
  return batch.packed.length + BATCH_OVERHEAD_BYTES;
}

export function entriesJson(batch: StoredBatch): string {
  return zstdDecompressSync(batch.packed).toString('utf8');
}

export function unpackEntries(batch: StoredBatch): Entry[] {
  return JSON.parse(entriesJson(batch)) as Entry[];
}

/** Cuts entries into batches that stay below the limit of a batch before compression. */
function toBatches(entries: Entry[], span: Span, now: number): StoredBatch[] {
  const json = JSON.stringify(entries);
  if (json.length > LIMITS.batchBytesMax && entries.length > 1) {
    const half = entries.length >> 1;
    return [...toBatches(entries.slice(0, half), span, now), ...toBatches(entries.slice(half), span, now)];
  }
  const { fromAt, toAt, file } = span;
  const batch = { at: now, fromAt, toAt, entries: entries.length, packed: zstdCompressSync(json, FAST) };
  return [file === undefined ? batch : { ...batch, file }];
}
