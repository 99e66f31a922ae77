/** Keep: the record goes into the journal; `kept` is called when the disk has it, and that is the PUBACK. */
import type { Repeats } from '../inputs/repeats.ts';
import type { JournalWriter } from '../journal.ts';
import type { JournalRecord } from '../segment.ts';

export function keep(record: JournalRecord, journal: JournalWriter, repeats: Repeats, kept: () => void): void {
  if (record.channel !== 'refused') repeats.note(record.deviceId, record.messageId, record.payload);
  journal.add(record, kept);
}
