/**
 * Seals alarm facts into the hash chain (core/chain.ts) in the transaction that stores them: what is
 * on record is sealed. In: the facts that are new, in the order of their storing.
 */
import type { Kysely } from 'kysely';
import type { AlarmFact } from '../../core/alarm.ts';
import { chain, type Link } from '../../core/chain.ts';
import type { RecordTables } from '../stores/records/tables.ts';

export type ChainTables = RecordTables & { alarmChain: Link };

const ROWS_PER_STATEMENT_MAX = 500;

/** One writer at a time: the caller's transactions run one after another. */
export async function sealFacts(records: Kysely<RecordTables>, facts: readonly AlarmFact[]): Promise<void> {
  if (facts.length === 0) return;
  const db = records.withTables<Pick<ChainTables, 'alarmChain'>>();
  const last = await db
    .selectFrom('alarmChain')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const links = chain(last && { seq: Number(last.seq), hash: last.hash }, facts);
  for (let start = 0; start < links.length; start += ROWS_PER_STATEMENT_MAX)
    await db
      .insertInto('alarmChain')
      .values(links.slice(start, start + ROWS_PER_STATEMENT_MAX))
      .execute();
}
