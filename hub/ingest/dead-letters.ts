/** Keeps what gateways refused of their devices, each once, the newest so many of each gateway. */
import type { Kysely } from 'kysely';
import type { Entry } from '../../core/envelope.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Speaker } from './check.ts';

export type DeadLetterTables = {
  deadLetters: {
    id: string;
    gatewayId: string;
    communityId: string;
    deviceId: string;
    kind: string;
    topic: string;
    at: number;
    reason: string;
    bytes: number;
    sample: string;
    storedAt: number;
  };
};

const KEPT_PER_GATEWAY_MAX = 2_000;
const ROWS_PER_STATEMENT_MAX = 500;

export async function insertDeadLetters(
  records: Kysely<RecordTables>,
  { gatewayId }: Speaker,
  entries: Extract<Entry, { type: 'dead-letter' }>[],
  storedAt: number,
): Promise<void> {
  if (entries.length === 0) return;
  const db = records.withTables<DeadLetterTables>();
  // A gateway whose clock runs ahead must not hold the newest places for good.
  const rows = entries.map(({ type: _type, ...letter }) => ({
    ...letter,
    gatewayId,
    at: Math.min(letter.at, storedAt),
    storedAt,
  }));
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT_MAX)
    await db
      .insertInto('deadLetters')
      .values(rows.slice(start, start + ROWS_PER_STATEMENT_MAX))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  const first = await db
    .selectFrom('deadLetters')
    .select(['at', 'id'])
    .where('gatewayId', '=', gatewayId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .offset(KEPT_PER_GATEWAY_MAX)
    .limit(1)
    .executeTakeFirst();
  if (!first) return;
  await db
    .deleteFrom('deadLetters')
    .where('gatewayId', '=', gatewayId)
    .where((built) =>
      built.or([built('at', '<', first.at), built.and([built('at', '=', first.at), built('id', '<=', first.id)])]),
    )
    .execute();
}
