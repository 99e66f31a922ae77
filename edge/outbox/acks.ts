/** An acknowledgement of the hub: what it stored is done with, what it would not take goes to the dead letters. */
import type { Clock } from '../../core/clock.ts';
import type { Ack } from '../../core/envelope.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { type Outbox, unpackEntries } from './outbox.ts';
import type { Work } from './work.ts';

export function takeAck(
  { lane, seq, rejected = [] }: Ack,
  { outbox, deadLetters, clock }: { outbox: Outbox; deadLetters: DeadLetters; clock: Clock },
  work: Work,
): void {
  const batch = rejected.length > 0 ? outbox.get(lane, seq) : undefined;
  const entries = batch ? unpackEntries(batch) : [];
  for (const { index, reason } of rejected) {
    const entry = entries[index];
    if (entry) deadLetters.addRejected(entry, reason, clock.now(), work);
  }
  const write = outbox.ack(lane, seq);
  if (write) work.write(write);
}
