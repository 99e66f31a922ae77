/**
 * Ends shelves, out-of-service spans and suppressions at their time. The due times are columns of
 * the alarms, so a restart forgets none; edge and hub make the same fact with the same id
 * (core/alarm.ts expiryOf), so it counts once whoever is first.
 */
import { type AlarmFact, expiryOf, hubTimeOf } from '../../core/alarm.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Records } from '../stores/records/records.ts';
import type { Alarms } from './alarms.ts';
import { factsOf } from './projection.ts';

const DUE_COLUMNS = ['shelvedUntilAt', 'outOfServiceUntilAt', 'suppressedUntilAt'] as const;
const ALARMS_PER_ROUND_MAX = 500;
/** A due time that was set by another writer of the same database is seen after this long. */
const LOOK_EVERY_MS = 30_000;

export function createExpiry({ alarms, records, clock }: { alarms: Alarms; records: Records; clock: Clock }) {
  let timer: Timer | undefined;
  let stopped = true;
  let round: Promise<void> = Promise.resolve();

  alarms.onChange(({ fact }) => {
    if (expiryOf(fact)) look();
  });

  return {
    async start(): Promise<void> {
      stopped = false;
      look();
    },
    async stop(): Promise<void> {
      stopped = true;
      timer?.cancel();
      await round;
    },
  };

  function look(): void {
    if (stopped) return;
    round = round
      .then(endWhatIsDue)
      .catch(() => LOOK_EVERY_MS)
      .then(plan);
  }

  function plan(delayMs: number): void {
    timer?.cancel();
    if (!stopped) timer = clock.after(Math.min(delayMs, LOOK_EVERY_MS), look);
  }

  /** Answers how long until the next end. */
  async function endWhatIsDue(): Promise<number> {
    const now = clock.now();
    const due = await records.db
      .selectFrom('alarms')
      .select('id')
      .where((built) => built.or(DUE_COLUMNS.map((column) => built(column, '<=', now))))
      .limit(ALARMS_PER_ROUND_MAX)
      .execute();
    for (const { id } of due) await end(id, now);
    if (due.length === ALARMS_PER_ROUND_MAX) return 0;
    const next = await Promise.all(
      DUE_COLUMNS.map(async (column) => {
        const row = await records.db
          .selectFrom('alarms')
          .select((built) => built.fn.min(column).as('at'))
          .where(column, '>', now)
          .executeTakeFirst();
        return row?.at ?? Number.POSITIVE_INFINITY;
      }),
    );
    return Math.max(0, Math.min(...next.map(Number)) - clock.now());
  }

  async function end(alarmId: string, now: number): Promise<void> {
    await alarms.transact(async ({ db, addFacts }) => {
      const ends: AlarmFact[] = [];
      for (const set of await factsOf(db, alarmId)) {
        const expiry = expiryOf(set);
        if (expiry && hubTimeOf(expiry) <= now)
          ends.push({
            ...expiry,
            alarmId,
            origin: { type: 'hub', id: 'hub' },
            author: { type: 'system', id: 'timer' },
          });
      }
      await addFacts(ends);
    });
  }
}
