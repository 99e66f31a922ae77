/** Writes what a batch says into the records, inside one transaction, each thing once. */
import type { Kysely } from 'kysely';
import type { Entry } from '../../core/envelope.ts';
import type { Transaction } from '../alarms/alarms.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Rejected, Speaker } from './check.ts';
import { insertDeadLetters } from './dead-letters.ts';

type EntryOf<T extends Entry['type']> = Extract<Entry, { type: T }>;
type Indexed<T extends Entry['type']> = { index: number; entry: EntryOf<T> };

/** PostgreSQL takes 65,535 parameters a statement, SQLite 32,766; the widest row here has eleven. */
const ROWS_PER_STATEMENT_MAX = 1_000;

export interface RecordEntries {
  facts: Indexed<'fact'>[];
  events: Indexed<'event'>[];
  gaps: Indexed<'gap'>[];
  deadLetters: Indexed<'dead-letter'>[];
  evidence: Indexed<'evidence'>[];
  pictures: Indexed<'camera-picture'>[];
  commands: Indexed<'command-status'>[];
}

/** Facts about alarms of another gateway are left out and named in `rejected`. */
export async function writeRecords(
  { db, addFacts }: Transaction,
  batch: {
    speaker: Speaker;
    entries: RecordEntries;
    history: boolean;
    /** How far the gateway's clock is ahead of the hub's. */
    skewMs: number;
    storedAt: number;
    rejected: Rejected[];
  },
): Promise<void> {
  const { speaker, entries, storedAt } = batch;
  const foreign = await foreignAlarms(db, speaker, [
    ...entries.facts.map(({ entry }) => entry.fact.alarmId),
    ...entries.evidence.map(({ entry }) => entry.alarmId),
  ]);
  const isOurs = (alarmId: string, index: number): boolean => {
    if (!foreign.has(alarmId)) return true;
    batch.rejected.push({ index, reason: 'an alarm of another gateway' });
    return false;
  };
  const facts = entries.facts.filter(({ entry, index }) => isOurs(entry.fact.alarmId, index));
  await addFacts(
    facts.map(({ entry }) => entry.fact),
    { history: batch.history, skewMs: batch.skewMs },
  );
  await insertEvents(db, entries.events, batch.history);
  await insertGaps(db, speaker, entries.gaps, storedAt);
  await insertDeadLetters(
    db,
    speaker,
    entries.deadLetters.map(({ entry }) => entry),
    storedAt,
  );
  for (const { entry, index } of entries.evidence)
    if (isOurs(entry.alarmId, index)) await insertEvidence(db, speaker, entry, storedAt);
  for (const { entry, index } of entries.pictures)
    if (!(await insertPicture(db, speaker, entry, storedAt)))
      batch.rejected.push({ index, reason: 'a picture of no device of this gateway' });
  for (const { entry } of entries.commands) await updateCommand(db, speaker, entry);
}

async function foreignAlarms(db: Kysely<RecordTables>, speaker: Speaker, alarmIds: string[]): Promise<Set<string>> {
  const ids = [...new Set(alarmIds)];
  const foreign = new Set<string>();
  for (let start = 0; start < ids.length; start += ROWS_PER_STATEMENT_MAX) {
    const rows = await db
      .selectFrom('alarms')
      .select('id')
      .where('id', 'in', ids.slice(start, start + ROWS_PER_STATEMENT_MAX))
      .where('gatewayId', '!=', speaker.gatewayId)
      .execute();
    for (const row of rows) foreign.add(row.id);
  }
  return foreign;
}

async function insertEvents(db: Kysely<RecordTables>, events: Indexed<'event'>[], isHistory: boolean): Promise<void> {
  for (let start = 0; start < events.length; start += ROWS_PER_STATEMENT_MAX) {
    const rows = events.slice(start, start + ROWS_PER_STATEMENT_MAX).map(({ entry }) => ({
      id: entry.id,
      deviceId: entry.deviceId,
      kind: entry.kind,
      communityId: entry.communityId,
      at: entry.at,
      receivedAt: entry.receivedAt,
      quality: entry.quality,
      type: entry.event,
      fields: JSON.stringify(entry.fields),
      history: isHistory ? (1 as const) : (0 as const),
    }));
    await db
      .insertInto('events')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

async function insertGaps(
  db: Kysely<RecordTables>,
  { gatewayId, communityId }: Speaker,
  gaps: Indexed<'gap'>[],
  storedAt: number,
): Promise<void> {
  for (const { entry } of gaps) {
    const { type: _type, ...gap } = entry;
    await db
      .insertInto('gaps')
      .values({ ...gap, gatewayId, communityId, storedAt })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

async function insertEvidence(
  db: Kysely<RecordTables>,
  speaker: Speaker,
  { alarmId, evidence }: EntryOf<'evidence'>,
  storedAt: number,
): Promise<void> {
  await db
    .insertInto('evidence')
    .values({ ...evidence, alarmId, communityId: speaker.communityId, storedAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** False when the gateway has no such device. The same picture asked for again is the newest again. */
async function insertPicture(
  db: Kysely<RecordTables>,
  { gatewayId, communityId }: Speaker,
  { deviceId, picture }: EntryOf<'camera-picture'>,
  storedAt: number,
): Promise<boolean> {
  const device = await db
    .selectFrom('devices')
    .select('id')
    .where('id', '=', deviceId)
    .where('gatewayId', '=', gatewayId)
    .executeTakeFirst();
  if (!device) return false;
  const { id, sha256, bytes, at } = picture;
  await db
    .insertInto('cameraPictures')
    .values({ id, deviceId, communityId, sha256, bytes, at, storedAt })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ storedAt }))
    .execute();
  return true;
}

/** A final word stays: what a gateway repeats later never turns `done` back into `delivered`. */
async function updateCommand(
  db: Kysely<RecordTables>,
  speaker: Speaker,
  entry: EntryOf<'command-status'>,
): Promise<void> {
  await db
    .updateTable('commands')
    .set({
      status: entry.status,
      statusAt: entry.at,
      error: entry.error ?? null,
      result: entry.result === undefined ? null : JSON.stringify(entry.result),
    })
    .where('id', '=', entry.commandId)
    .where('gatewayId', '=', speaker.gatewayId)
    .where('status', 'in', ['sent', 'delivered'])
    .execute();
}
