/** The sent-log is kept for a season, then removed in small bites, so that a large log stops nobody for long. */
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import type { Records } from '../stores/records/records.ts';
import type { Timers } from '../timers.ts';
import type { NotifyTables } from './tables.ts';

const TIMER = 'notices-retention';
const KEEP_MS = 92 * 24 * 3_600_000;
const EVERY_MS = 24 * 3_600_000;
const BITE = 1_000;

export function keepSentLogShort(parts: { records: Records; timers: Timers; clock: Clock; log: Logger }): {
  start(): Promise<void>;
} {
  const { records, timers, clock } = parts;
  const log = parts.log.child({ component: 'notices-retention' });
  const db = records.db.withTables<NotifyTables>();
  const next = () =>
    timers.set(records.db, { kind: TIMER, key: 'daily', dueAt: clock.now() + EVERY_MS, payload: null });

  timers.handle(TIMER, async () => {
    const before = clock.now() - KEEP_MS;
    let removed = 0;
    for (;;) {
      const result = await db
        .deleteFrom('notices')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('notices')
            .select('id')
            .where('createdAt', '<', before)
            .where('status', '!=', 'queued')
            .limit(BITE),
        )
        .executeTakeFirst();
      removed += Number(result.numDeletedRows);
      if (result.numDeletedRows < BITE) break;
    }
    if (removed > 0) log.info({ removed }, 'old lines of the sent-log were removed');
    await next();
  });

  return {
    async start() {
      const known = await records.db
        .withTables<{ timers: { kind: string } }>()
        .selectFrom('timers')
        .select('kind')
        .where('kind', '=', TIMER)
        .executeTakeFirst();
      if (!known) await next();
    },
  };
}
