/**
 * Relay of what was refused: the hub learns of a dead letter with the head of its payload, so that
 * somebody can find the device that talks rubbish. A device that does it all the time is told of a
 * few times a minute; the rest stay in the counters and in the gateway's own dead-letter store.
 */
import type { Entry } from '../../core/envelope.ts';
import type { JournalRecord } from '../segment.ts';
import type { Refusal } from './decode.ts';

const MINUTE_MS = 60_000;
const PER_DEVICE_AND_MINUTE_MAX = 10;
/** A fault of a whole batch of devices must not fill the lane of events either. */
const PER_MINUTE_MAX = 120;
const SAMPLE_CHARACTERS_MAX = 200;
const TOPIC_CHARACTERS_MAX = 400;

type DeadLetterEntry = Extract<Entry, { type: 'dead-letter' }>;

/** Says whether one more may be told; counts by the minute of arrival, so a clock is not needed. */
export function createRefusedBudget(): (deviceId: string, receivedAt: number) => boolean {
  let minute = -1;
  let total = 0;
  const byDevice = new Map<string, number>();
  return (deviceId, receivedAt) => {
    const present = Math.floor(receivedAt / MINUTE_MS);
    if (present !== minute) {
      minute = present;
      total = 0;
      byDevice.clear();
    }
    const told = byDevice.get(deviceId) ?? 0;
    if (told >= PER_DEVICE_AND_MINUTE_MAX || total >= PER_MINUTE_MAX) return false;
    total += 1;
    byDevice.set(deviceId, told + 1);
    return true;
  };
}

export function refusedEntry(
  record: JournalRecord,
  refusal: Refusal,
  { id, communityId }: { id: string; communityId: string },
): DeadLetterEntry {
  const { deviceId, kind, receivedAt } = record;
  const { topicChannel, reason, payloadBytes } = refusal;
  // What was refused for its topic carries the whole of it instead of a channel.
  const isWhole = reason === 'foreign-topic' || reason === 'topic-too-deep';
  const topic = isWhole ? topicChannel : `linli/${communityId}/${kind}/${deviceId}/${topicChannel}`;
  const sample = sampleOf(Buffer.from(refusal.payload, 'base64'));
  return {
    type: 'dead-letter',
    id,
    deviceId,
    kind,
    communityId,
    topic: plain(topic.slice(0, TOPIC_CHARACTERS_MAX)),
    at: receivedAt,
    reason,
    bytes: payloadBytes,
    sample,
  };
}

/** Text as text; bytes that are none (a picture, a foreign protocol) as hexadecimal digits. */
function sampleOf(head: Buffer): string {
  // A head that was cut within a character still decodes: `stream` holds the torn end back.
  const text = new TextDecoder().decode(head, { stream: true });
  const shown = text.includes('\uFFFD') ? head.toString('hex') : text;
  return plain(shown.slice(0, SAMPLE_CHARACTERS_MAX));
}

/** Control, formatting and half characters would break a list or turn its direction: each becomes a dot. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, '·');
}
