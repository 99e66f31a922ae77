/**
 * The journal's unit: what arrived within one group commit, as one binary value. A record holds
 * what the device said byte for byte, and what the gateway adds to it: who, when, how good. What was
 * refused is a record too, so that the dead-letter store survives a crash like everything else.
 */
import type { Quality } from '../core/reading.ts';

const CHANNELS = ['telemetry', 'event', 'status', 'reply', 'refused'] as const;
type RecordChannel = (typeof CHANNELS)[number];

const QUALITIES = ['good', 'clamped', 'late'] as const satisfies readonly Quality[];

export interface JournalRecord {
  channel: RecordChannel;
  deviceId: string;
  kind: string;
  /** When it was measured, epoch ms. */
  at: number;
  /** When it arrived, epoch ms. */
  receivedAt: number;
  quality: Quality;
  /** Packet identifier of MQTT, 0 for QoS 0: tells a message sent again from a new one. */
  messageId: number;
  payload: Uint8Array;
}

/** Payload length 4, message id 2, channel 1, quality 1, times 8 + 8, lengths of id and kind 1 + 1. */
const HEAD_BYTES = 26;
const START_BYTES = 16 * 1024;

/** Gathers records into one value. After `take` it is empty and the value belongs to the caller. */
export class SegmentWriter {
  readonly #room: number;
  #bytes: Buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #length: number;
  #spare: Buffer | undefined;

  /** Leaves `room` bytes free at the front of each value. */
  constructor(room = 0) {
    this.#room = room;
    this.#length = room;
  }

  get isEmpty(): boolean {
    return this.#length === this.#room;
  }

  add(record: JournalRecord): void {
    const { deviceId, kind, payload } = record;
    const end = this.#length + HEAD_BYTES + deviceId.length + kind.length + payload.length;
    if (end > this.#bytes.length) this.#grow(end);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes.writeUInt32LE(payload.length, at);
    bytes.writeUInt16LE(record.messageId, at + 4);
    bytes[at + 6] = CHANNELS.indexOf(record.channel);
    bytes[at + 7] = QUALITIES.indexOf(record.quality);
    bytes.writeDoubleLE(record.at, at + 8);
    bytes.writeDoubleLE(record.receivedAt, at + 16);
    bytes[at + 24] = deviceId.length;
    bytes[at + 25] = kind.length;
    at += HEAD_BYTES;
    // Ids are `a-z 0-9 -`: one byte a character.
    at += bytes.write(deviceId, at, 'latin1');
    at += bytes.write(kind, at, 'latin1');
    bytes.set(payload, at);
    this.#length = end;
  }

  take(): Buffer {
    const value = this.#bytes.subarray(0, this.#length);
    const spare = this.#spare;
    this.#spare = undefined;
    this.#bytes = spare && spare.length >= this.#length ? spare : Buffer.allocUnsafeSlow(roomFor(this.#length));
    this.#length = this.#room;
    return value;
  }

  /** Takes the memory of a value back that its owner needs no more. */
  giveBack(value: Buffer): void {
    this.#spare = Buffer.from(value.buffer as ArrayBuffer);
  }

  #grow(needed: number): void {
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(bigger, 0, 0, this.#length);
    this.#bytes = bigger;
  }
}

function roomFor(length: number): number {
  return Math.max(START_BYTES, length + (length >> 2));
}

/** The records of a segment, oldest first; payloads are views into `bytes`. Throws on a torn value. */
export function* readSegment(bytes: Buffer): Generator<JournalRecord> {
  let at = 0;
  while (at < bytes.length) {
    const payloadLength = bytes.readUInt32LE(at);
    const idEnd = at + HEAD_BYTES + bytes.readUInt8(at + 24);
    const kindEnd = idEnd + bytes.readUInt8(at + 25);
    const end = kindEnd + payloadLength;
    const channel = CHANNELS[bytes.readUInt8(at + 6)];
    const quality = QUALITIES[bytes.readUInt8(at + 7)];
    if (end > bytes.length || !channel || !quality) throw new Error('a segment of the journal is torn');
    yield {
      channel,
      quality,
      deviceId: bytes.toString('latin1', at + HEAD_BYTES, idEnd),
      kind: bytes.toString('latin1', idEnd, kindEnd),
      at: bytes.readDoubleLE(at + 8),
      receivedAt: bytes.readDoubleLE(at + 16),
      messageId: bytes.readUInt16LE(at + 4),
      payload: bytes.subarray(kindEnd, end),
    };
    at = end;
  }
}
