/**
 * Timers that are stored: a reminder, an escalation, a delayed work order. In: what is due when.
 * Out: a call to the handler of its kind at that instant, or right after a restart when it was due
 * meanwhile. At least once: a handler must bear being called again for the same instant.
 */
import type { ExpressionBuilder, Kysely } from 'kysely';
import type { Logger } from 'pino';
import { breathe, type Clock, type Timer } from '../core/clock.ts';
import { StartError } from '../core/errors.ts';
import type { Records } from './stores/records/records.ts';
import type { RecordTables } from './stores/records/tables.ts';

type TimerTables = { timers: { kind: string; key: string; dueAt: number; payload: string } };

interface StoredTimer {
  kind: string;
  /** One timer per kind and key; setting it again moves it. */
  key: string;
  dueAt: number;
  payload: unknown;
}

type TimerHandler = (timer: StoredTimer) => Promise<void>;

export interface Timers {
  /** `db` may be a transaction: then the timer stands or falls with it. */
  set(db: Kysely<RecordTables>, timer: StoredTimer): Promise<void>;
  cancel(db: Kysely<RecordTables>, timer: { kind: string; key: string }): Promise<void>;
  handle(kind: string, handler: TimerHandler): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when nothing that is due is left unhandled: for tests and for stopping. */
  settled(): Promise<void>;
}

/** Rows taken from the store at once. */
const BATCH_MAX = 200;
/** A handler that fails is called again after this. */
const AGAIN_AFTER_MS = 30_000;

export function createTimers(parts: { records: Records; clock: Clock; log: Logger }): Timers {
  const { clock } = parts;
  const log = parts.log.child({ component: 'timers' });
  const store = parts.records.db.withTables<TimerTables>();
  const handlers = new Map<string, TimerHandler>();
  let wake: { at: number; timer: Timer } | undefined;
  let running: Promise<void> = Promise.resolve();
  let state: 'idle' | 'running' | 'stopped' = 'idle';

  return {
    async set(db, { kind, key, dueAt, payload }) {
      const row = { dueAt, payload: JSON.stringify(payload ?? null) };
      await db
        .withTables<TimerTables>()
        .insertInto('timers')
        .values({ kind, key, ...row })
        .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(row))
        .execute();
      wakeAt(dueAt);
    },
    async cancel(db, { kind, key }) {
      await db.withTables<TimerTables>().deleteFrom('timers').where('kind', '=', kind).where('key', '=', key).execute();
    },
    handle(kind, handler) {
      if (handlers.has(kind)) throw new StartError(`two parts want to handle timers of kind ${kind}`);
      handlers.set(kind, handler);
    },
    async start() {
      state = 'running';
      runDue();
      await running;
    },
    async stop() {
      state = 'stopped';
      wake?.timer.cancel();
      await running;
    },
    settled: async () => {
      for (let seen: Promise<void> | undefined; seen !== running; ) {
        seen = running;
        await seen;
      }
    },
  };

  function wakeAt(at: number): void {
    if (state !== 'running' || (wake && wake.at <= at)) return;
    wake?.timer.cancel();
    if (at <= clock.now()) runDue();
    else wake = { at, timer: clock.after(at - clock.now(), runDue) };
  }

  /** One run at a time; a wake during a run starts the next one. */
  function runDue(): void {
    wake = undefined;
    running = running.then(async () => {
      if (state !== 'running') return;
      try {
        await handleAllDue();
      } catch (error) {
        log.error({ err: error }, 'the stored timers cannot be read');
        wakeAt(clock.now() + AGAIN_AFTER_MS);
      }
    });
  }

  async function handleAllDue(): Promise<void> {
    const rows = await store
      .selectFrom('timers')
      .selectAll()
      .where('dueAt', '<=', clock.now())
      .orderBy('dueAt')
      .limit(BATCH_MAX)
      .execute();
    for (const row of rows) {
      if (state !== 'running') return;
      await handleOne(row);
      await breathe();
    }
    const next = await store.selectFrom('timers').select('dueAt').orderBy('dueAt').limit(1).executeTakeFirst();
    if (next) wakeAt(next.dueAt);
  }

  async function handleOne(row: TimerTables['timers']): Promise<void> {
    const same = { kind: row.kind, key: row.key, dueAt: row.dueAt };
    const isSame = (eb: ExpressionBuilder<TimerTables, 'timers'>) => eb.and(same);
    try {
      const handler = handlers.get(row.kind);
      if (!handler) throw new Error(`nobody handles timers of kind ${row.kind}`);
      await handler({ ...same, payload: JSON.parse(row.payload) });
      // A handler that set its timer again has moved it: then this row is another one.
      await store.deleteFrom('timers').where(isSame).execute();
    } catch (error) {
      log.error({ err: error, timer: same }, 'a timer failed and will be tried again');
      await store
        .updateTable('timers')
        .set({ dueAt: clock.now() + AGAIN_AFTER_MS })
        .where(isSame)
        .execute();
    }
  }
}
