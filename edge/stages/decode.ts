/**
 * Decode: what a device published becomes a record of the journal, or a refused record with its
 * reason; and, on the other side of the journal, a record becomes an Observation. The payload is
 * kept as the device said it. Pure.
 */
import type { Device, DeviceKind } from '../../core/device.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Observation, Quality, Value } from '../../core/reading.ts';
import { decodePayload, decodeReply } from '../../devices/kinds.ts';
import type { MessageReason } from '../counters.ts';
import type { JournalRecord } from '../segment.ts';

export interface Message {
  /** Who said it; of a fire panel's component that is no device, the panel by its address. */
  device: Pick<Device, 'id' | 'kind'>;
  /** The last level of the topic. */
  channel: string;
  /** Of a message beyond all limits only the head. */
  payload: Uint8Array;
  /** Of the payload as it was sent. */
  payloadBytes: number;
  receivedAt: number;
  /** How far the clock that said `receivedAt` is ahead of the hub's, ms; 0 where it is not known. */
  clockAheadMs: number;
  messageId: number;
}

export type DecodedMessage =
  | { ok: true; record: JournalRecord }
  | { ok: false; record: JournalRecord; reason: MessageReason };

/** A refused payload is kept up to here: enough to see what was wrong with it. */
const DEAD_LETTER_BYTES_MAX = 1_024;

export function decodeMessage(message: Message, kinds: ReadonlyMap<string, DeviceKind>): DecodedMessage {
  const { device, channel, payload, payloadBytes } = message;
  const bytesMax = channel === 'frame' ? LIMITS.frameBytesMax : LIMITS.payloadBytesMax;
  if (payloadBytes > bytesMax)
    return refuse(
      message,
      channel === 'frame' ? 'frame-too-large' : 'too-large',
      `${payloadBytes} bytes, at most ${bytesMax}`,
    );
  switch (channel) {
    case 'telemetry':
    case 'event': {
      const kind = kinds.get(device.kind);
      if (!kind) return refuse(message, 'unknown-kind', `this gateway does not know the kind ${device.kind}`);
      const decoded = decodePayload(kind, channel, payload);
      if (!decoded.ok) return refuse(message, decoded.reason, decoded.detail);
      const { at, quality } = judgeTime(decoded.at, message);
      return { ok: true, record: { ...base(message), channel, at, quality, payload } };
    }
    case 'status': {
      const text = Buffer.from(payload).toString('latin1');
      if (text !== 'online' && text !== 'offline') return refuse(message, 'out-of-range', 'expected online or offline');
      return { ok: true, record: { ...base(message), channel, payload } };
    }
    case 'reply': {
      const decoded = decodeReply(payload);
      if (!decoded.ok) return refuse(message, decoded.reason, decoded.detail);
      return { ok: true, record: { ...base(message), channel, payload } };
    }
    default:
      return refuse(message, 'unknown-channel', `there is no channel ${channel.slice(0, 64)} to publish on`);
  }
}

export interface Refusal {
  topicChannel: string;
  reason: MessageReason;
  detail: string;
  payloadBytes: number;
  /** The head of the payload, base64. */
  payload: string;
}

/** A refused message as a record: it goes the way of all others, to the dead-letter store. */
export function refuse(
  message: Message,
  reason: MessageReason,
  detail: string,
): { ok: false; record: JournalRecord; reason: MessageReason } {
  const refusal: Refusal = {
    topicChannel: message.channel.slice(0, 300),
    reason,
    detail: detail.slice(0, 300),
    payloadBytes: message.payloadBytes,
    payload: Buffer.from(message.payload.subarray(0, DEAD_LETTER_BYTES_MAX)).toString('base64'),
  };
  return {
    ok: false,
    reason,
    record: { ...base(message), channel: 'refused', payload: Buffer.from(JSON.stringify(refusal)) },
  };
}

function base({ device, receivedAt, messageId }: Message) {
  return { deviceId: device.id, kind: device.kind, at: receivedAt, receivedAt, quality: 'good' as Quality, messageId };
}

/**
 * A time more than 5 minutes ahead is replaced by the receive time and marked; an old one is kept and marked.
 * Devices have their time from this gateway or from where the hub has its own: only what is wrong by both
 * clocks is wrong, since a late word raises no alarm, and a gateway's wrong clock must not silence a device.
 */
export function judgeTime(
  saidAt: number | undefined,
  { receivedAt, clockAheadMs }: Pick<Message, 'receivedAt' | 'clockAheadMs'>,
): { at: number; quality: Quality } {
  if (saidAt === undefined) return { at: receivedAt, quality: 'good' };
  const byHubClock = receivedAt - clockAheadMs;
  if (saidAt > Math.max(receivedAt, byHubClock) + LIMITS.futureSkewMsMax) return { at: receivedAt, quality: 'clamped' };
  const isLate = saidAt < Math.min(receivedAt, byHubClock) - LIMITS.lateAfterMs;
  return { at: saidAt, quality: isLate ? 'late' : 'good' };
}

/** The observation in a record of telemetry or an event, which was validated before it was kept. */
export function toObservation(record: JournalRecord, communityId: string): Observation {
  const content = contentOf(record.payload);
  const said = {
    deviceId: record.deviceId,
    kind: record.kind,
    communityId,
    at: record.at,
    receivedAt: record.receivedAt,
    quality: record.quality,
  };
  if (record.channel === 'telemetry')
    return { ...said, channel: 'telemetry', values: content as Record<string, Value> };
  const { type, ...fields } = content;
  return { ...said, channel: 'event', type: String(type), fields };
}

/** What the device said without its time, which the record holds. */
function contentOf(payload: Uint8Array): Record<string, unknown> {
  const parsed = JSON.parse(textOf(payload)) as Record<string, unknown>;
  if (parsed.at === undefined) return parsed;
  const { at: _at, ...content } = parsed;
  return content;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
