/**
 * What was refused, by the gateway or by the hub, with its reason: the newest so many are kept here,
 * and the hub is told of what devices got wrong, within bounds.
 */
import type { Entry } from '../core/envelope.ts';
import type { Work } from './outbox/work.ts';
import type { JournalRecord } from './segment.ts';
import type { Refusal } from './stages/decode.ts';
import { createRefusedBudget, refusedEntry } from './stages/relay-refused.ts';
import type { DeadLetter, Store } from './store.ts';

const PAYLOAD_BYTES_MAX = 1_024;

export interface DeadLetters {
  readonly count: number;
  /** `id` is the same when a crash makes the record pass again. */
  addRefused(record: JournalRecord, id: string, work: Work): void;
  /** An entry that the hub would not take. */
  addRejected(entry: Entry, reason: string, at: number, work: Work): void;
  /** Newest first. */
  list(limit: number): DeadLetter[];
}

export function openDeadLetters(options: {
  store: Store;
  communityId: string;
  limits: { countMax: number };
}): DeadLetters {
  const { store, communityId, limits } = options;
  const mayTell = createRefusedBudget();
  const numbers = [...store.deadLetters.getKeys({})];
  let next = (numbers.at(-1) ?? 0) + 1;

  function add(letter: DeadLetter, work: Work): void {
    const number = next++;
    numbers.push(number);
    const gone = numbers.splice(0, Math.max(0, numbers.length - limits.countMax));
    work.write(() => {
      void store.deadLetters.put(number, letter);
      for (const old of gone) void store.deadLetters.remove(old);
    });
  }
  return {
    get count() {
      return numbers.length;
    },
    addRefused(record, id, work) {
      const refusal = JSON.parse(Buffer.from(record.payload).toString('utf8')) as Refusal;
      const { topicChannel, ...letter } = refusal;
      const { receivedAt, deviceId } = record;
      add({ at: receivedAt, deviceId, channel: topicChannel, ...letter }, work);
      if (!mayTell(deviceId, receivedAt)) return;
      const span = { fromAt: receivedAt, toAt: receivedAt };
      work.send('event', refusedEntry(record, refusal, { id, communityId }), span);
    },
    addRejected(entry, reason, at, work) {
      // It is here already, as what the device said: an older hub that does not know such entries adds nothing.
      if (entry.type === 'dead-letter') return;
      const payload = Buffer.from(JSON.stringify(entry));
      const deviceId = 'deviceId' in entry ? entry.deviceId : '';
      const head = payload.subarray(0, PAYLOAD_BYTES_MAX).toString('base64');
      const letter = { at, deviceId, channel: `hub/${entry.type}`, reason: 'hub-rejected', detail: reason };
      add({ ...letter, payloadBytes: payload.length, payload: head }, work);
    },
    list: (limit) => [...store.deadLetters.getRange({ reverse: true, limit })].map(({ value }) => value),
  };
}
