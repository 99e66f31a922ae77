/** Facts of alarms and the row that they add up to. The row is derived: deleting it and folding again gives the same. */
import type { Kysely } from 'kysely';
import { type Alarm, type AlarmFact, type AlarmFold, addFact, newFold, readFold } from '../../core/alarm.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import { sealFacts } from './seal.ts';

export interface Folded {
  before: Alarm | undefined;
  after: Alarm | undefined;
  /** Those that were not known before. */
  facts: AlarmFact[];
}

/** Alarms whose rows are read or written by one statement. */
const ROWS_PER_STATEMENT_MAX = 500;

/** Stores facts that are not known yet and brings the rows of their alarms up to date. */
export async function storeFacts(db: Kysely<RecordTables>, facts: AlarmFact[], storedAt: number): Promise<Folded[]> {
  const byAlarm = new Map<string, AlarmFact[]>();
  const inserted = await insertFacts(db, facts, storedAt);
  await sealFacts(db, inserted);
  for (const fact of inserted) {
    const group = byAlarm.get(fact.alarmId);
    if (group) group.push(fact);
    else byAlarm.set(fact.alarmId, [fact]);
  }
  const folded: Folded[] = [];
  for (const part of parts([...byAlarm])) {
    const folds = await loadFolds(
      db,
      part.map(([alarmId]) => alarmId),
    );
    const saved: RecordTables['alarmFolds'][] = [];
    const alarms: Alarm[] = [];
    for (const [alarmId, fresh] of part) {
      const fold = folds.get(alarmId) ?? newFold();
      const before = readFold(fold);
      for (const fact of fresh) addFact(fold, fact);
      const after = readFold(fold);
      saved.push({ alarmId, fold: JSON.stringify(fold) });
      if (after) alarms.push(after);
      folded.push({ before, after, facts: fresh });
    }
    await saveFolds(db, saved);
    await upsertAlarms(db, alarms.map(rowOf));
  }
  return folded;
}

export async function factsOf(db: Kysely<RecordTables>, alarmId: string): Promise<AlarmFact[]> {
  const rows = await db.selectFrom('alarmFacts').select('fact').where('alarmId', '=', alarmId).execute();
  return rows.map((row) => JSON.parse(row.fact) as AlarmFact);
}

/** Answers those that are new: a fact that is stored already, under whichever alarm, is left out. */
async function insertFacts(db: Kysely<RecordTables>, facts: AlarmFact[], storedAt: number): Promise<AlarmFact[]> {
  const byId = new Map(facts.map((fact) => [fact.id, fact]));
  const fresh: AlarmFact[] = [];
  for (const part of parts([...byId.values()])) {
    const inserted = await db
      .insertInto('alarmFacts')
      .values(
        part.map((fact) => {
          const { id, alarmId, at, body } = fact;
          return { id, alarmId, at, storedAt, type: body.type, fact: JSON.stringify(fact) };
        }),
      )
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    for (const { id } of inserted) {
      const fact = byId.get(id);
      if (fact) fresh.push(fact);
    }
  }
  return fresh;
}

async function loadFolds(db: Kysely<RecordTables>, alarmIds: string[]): Promise<Map<string, AlarmFold>> {
  const rows = await db.selectFrom('alarmFolds').selectAll().where('alarmId', 'in', alarmIds).execute();
  return new Map(rows.map((row) => [row.alarmId, JSON.parse(row.fold) as AlarmFold]));
}

async function saveFolds(db: Kysely<RecordTables>, rows: RecordTables['alarmFolds'][]): Promise<void> {
  await db
    .insertInto('alarmFolds')
    .values(rows)
    .onConflict((conflict) => conflict.column('alarmId').doUpdateSet((built) => ({ fold: built.ref('excluded.fold') })))
    .execute();
}

async function upsertAlarms(db: Kysely<RecordTables>, rows: RecordTables['alarms'][]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const { id: _id, ...changed } = first;
  const columns = Object.keys(changed) as (keyof typeof changed)[];
  await db
    .insertInto('alarms')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((built) => Object.fromEntries(columns.map((column) => [column, built.ref(`excluded.${column}`)]))),
    )
    .execute();
}

function rowOf(alarm: Alarm): RecordTables['alarms'] {
  return {
    id: alarm.id,
    communityId: alarm.communityId,
    gatewayId: alarm.gatewayId,
    deviceId: alarm.deviceId,
    kind: alarm.kind,
    rule: alarm.rule,
    severity: alarm.severity,
    state: alarm.state,
    condition: alarm.condition,
    acknowledged: alarm.acknowledged ? 1 : 0,
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
}

function parts<T>(list: T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / ROWS_PER_STATEMENT_MAX) }, (_, index) =>
    list.slice(index * ROWS_PER_STATEMENT_MAX, (index + 1) * ROWS_PER_STATEMENT_MAX),
  );
}

/** When the first of the suppressions ends by itself. */
function firstEnd(alarm: Alarm): number | null {
  const ends = alarm.suppressedBy.flatMap(({ untilAt }) => (untilAt === null ? [] : [untilAt]));
  return ends.length > 0 ? Math.min(...ends) : null;
}
