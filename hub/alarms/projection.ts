/** Facts of alarms and the row that they add up to. The row is derived: deleting it and folding again gives the same. */
import type { Kysely } from 'kysely';
import { type Alarm, type AlarmFact, foldAlarm } from '../../core/alarm.ts';
import type { RecordTables } from '../stores/records/tables.ts';

export interface Folded {
  before: Alarm | undefined;
  after: Alarm | undefined;
  /** Those that were not known before. */
  facts: AlarmFact[];
}

/** Stores facts that are not known yet and brings the rows of their alarms up to date. */
export async function storeFacts(db: Kysely<RecordTables>, facts: AlarmFact[], storedAt: number): Promise<Folded[]> {
  const byAlarm = new Map<string, AlarmFact[]>();
  for (const fact of facts) byAlarm.set(fact.alarmId, [...(byAlarm.get(fact.alarmId) ?? []), fact]);
  const folded: Folded[] = [];
  for (const [alarmId, said] of byAlarm) {
    const known = await factsOf(db, alarmId);
    const ids = new Set(known.map((fact) => fact.id));
    const fresh = said.filter((fact) => !ids.has(fact.id) && ids.add(fact.id));
    if (fresh.length === 0) continue;
    const inserted = await insertFacts(db, fresh, storedAt);
    if (inserted.length === 0) continue;
    const before = foldAlarm(known);
    const after = foldAlarm([...known, ...inserted]);
    if (after) await upsertAlarm(db, after);
    folded.push({ before, after, facts: inserted });
  }
  return folded;
}

export async function factsOf(db: Kysely<RecordTables>, alarmId: string): Promise<AlarmFact[]> {
  const rows = await db.selectFrom('alarmFacts').select('fact').where('alarmId', '=', alarmId).execute();
  return rows.map((row) => JSON.parse(row.fact) as AlarmFact);
}

/** An id that another alarm's fact has already is refused by the database and left out here. */
async function insertFacts(db: Kysely<RecordTables>, facts: AlarmFact[], storedAt: number): Promise<AlarmFact[]> {
  const inserted: AlarmFact[] = [];
  for (const fact of facts) {
    const { id, alarmId, at, body } = fact;
    const result = await db
      .insertInto('alarmFacts')
      .values({ id, alarmId, at, storedAt, type: body.type, fact: JSON.stringify(fact) })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (result.numInsertedOrUpdatedRows === 1n) inserted.push(fact);
  }
  return inserted;
}

async function upsertAlarm(db: Kysely<RecordTables>, alarm: Alarm): Promise<void> {
  const row = {
    communityId: alarm.communityId,
    gatewayId: alarm.gatewayId,
    deviceId: alarm.deviceId,
    kind: alarm.kind,
    rule: alarm.rule,
    severity: alarm.severity,
    state: alarm.state,
    condition: alarm.condition,
    acknowledged: alarm.acknowledged ? (1 as const) : (0 as const),
    firstAt: alarm.firstAt,
    lastAt: alarm.lastAt,
    clearedAt: alarm.clearedAt,
    shelvedUntilAt: alarm.shelvedUntilAt,
    outOfServiceUntilAt: alarm.outOfServiceUntilAt,
    ticketId: alarm.ticketId,
    incidentId: alarm.incidentId,
    alarm: JSON.stringify(alarm),
  };
  await db
    .insertInto('alarms')
    .values({ id: alarm.id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}
