/** Facts of alarms and the row that they add up to. The row is derived: deleting it and folding again gives the same. */
import type { Kysely } from 'kysely';
import { type Alarm, type AlarmFact, type AlarmFold, addFact, newFold, readFold } from '../../core/alarm.ts';
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
  for (const fact of facts) {
    const group = byAlarm.get(fact.alarmId);
    if (group) group.push(fact);
    else byAlarm.set(fact.alarmId, [fact]);
  }
  const folded: Folded[] = [];
  for (const [alarmId, said] of byAlarm) {
    const fresh = await insertFacts(db, said, storedAt);
    if (fresh.length === 0) continue;
    const fold = await loadFold(db, alarmId);
    const before = readFold(fold);
    for (const fact of fresh) addFact(fold, fact);
    const after = readFold(fold);
    await saveFold(db, alarmId, fold);
    if (after) await upsertAlarm(db, after);
    folded.push({ before, after, facts: fresh });
  }
  return folded;
}

async function loadFold(db: Kysely<RecordTables>, alarmId: string): Promise<AlarmFold> {
  const row = await db.selectFrom('alarmFolds').select('fold').where('alarmId', '=', alarmId).executeTakeFirst();
  return row ? (JSON.parse(row.fold) as AlarmFold) : newFold();
}

async function saveFold(db: Kysely<RecordTables>, alarmId: string, fold: AlarmFold): Promise<void> {
  const json = JSON.stringify(fold);
  await db
    .insertInto('alarmFolds')
    .values({ alarmId, fold: json })
    .onConflict((conflict) => conflict.column('alarmId').doUpdateSet({ fold: json }))
    .execute();
}

export async function factsOf(db: Kysely<RecordTables>, alarmId: string): Promise<AlarmFact[]> {
  const rows = await db.selectFrom('alarmFacts').select('fact').where('alarmId', '=', alarmId).execute();
  return rows.map((row) => JSON.parse(row.fact) as AlarmFact);
}

/** A fact that is stored already, under whichever alarm, is left out. */
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
    suppressedUntilAt: firstEnd(alarm),
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

/** When the first of the suppressions ends by itself. */
function firstEnd(alarm: Alarm): number | null {
  const ends = alarm.suppressedBy.flatMap(({ untilAt }) => (untilAt === null ? [] : [untilAt]));
  return ends.length > 0 ? Math.min(...ends) : null;
}
