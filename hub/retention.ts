/**
 * Forgets what is older than the settings say: readings, events of devices (passes of a gate among
 * them), evidence, each kind of it by its own time. Alarm facts, work orders and the audit log are kept. In small steps, so that
 * people and gateways are served meanwhile.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import type { HubConfig } from './config.ts';
import type { EvidenceStore } from './stores/evidence/evidence.ts';
import type { Records } from './stores/records/records.ts';
import type { SeriesStore } from './stores/series/series.ts';
import type { TicketTables } from './tickets/tables.ts';

const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 6 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
/** Downlinks that a gateway has acknowledged are of no use but to look back on. */
const DOWNLINK_DAYS = 14;
const ROWS_PER_STEP_MAX = 500;

export interface Retention {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Forgets now what is due. */
  run(): Promise<void>;
}

export function createRetention(parts: {
  records: Records;
  series: SeriesStore;
  evidence: EvidenceStore;
  keep: HubConfig['keep'];
  clock: Clock;
  log: Logger;
}): Retention {
  const { series, evidence, keep, clock } = parts;
  const log = parts.log.child({ component: 'retention' });
  const db = parts.records.db.withTables<Pick<TicketTables, 'ticketPhotos'>>();
  let timer: Timer | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  const retention: Retention = {
    async start() {
      timer = clock.after(FIRST_AFTER_MS, again);
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
    async run() {
      const now = clock.now();
      await series.prune(now - keep.seriesDays * DAY_MS);
      const events = await inSteps(() => forgetEvents(now - keep.eventsDays * DAY_MS));
      let pieces = 0;
      for (const [type, days] of Object.entries(keep.evidenceDays))
        pieces += await inSteps(() => forgetEvidence(type, now - days * DAY_MS));
      pieces += await inSteps(() => forgetPictures(now - keep.evidenceDays.picture * DAY_MS));
      await db
        .deleteFrom('downlinks')
        .where('ackedAt', '<', now - DOWNLINK_DAYS * DAY_MS)
        .execute();
      await db.deleteFrom('sessions').where('expiresAt', '<=', now).execute();
      if (events + pieces > 0) log.info({ events, evidence: pieces }, 'forgot what is older than the settings keep');
    },
  };
  return retention;

  function again(): void {
    running = retention
      .run()
      .catch((error) => log.error({ err: error }, 'what is too old could not be forgotten'))
      .then(() => {
        if (!stopped) timer = clock.after(EVERY_MS, again);
      });
  }

  async function inSteps(step: () => Promise<number>): Promise<number> {
    let total = 0;
    while (!stopped) {
      const count = await step();
      total += count;
      if (count < ROWS_PER_STEP_MAX) break;
    }
    return total;
  }

  async function forgetEvents(beforeAt: number): Promise<number> {
    const old = db.selectFrom('events').select('id').where('at', '<', beforeAt).orderBy('at').limit(ROWS_PER_STEP_MAX);
    const done = await db.deleteFrom('events').where('id', 'in', old).executeTakeFirst();
    return Number(done.numDeletedRows);
  }

  /** The row goes first: a file without a row is only waste, a row without its file would be a lie. */
  async function forgetEvidence(type: string, beforeAt: number): Promise<number> {
    const old = await db
      .selectFrom('evidence')
      .select(['id', 'sha256'])
      .where('type', '=', type)
      .where('at', '<', beforeAt)
      .orderBy('at')
      .limit(ROWS_PER_STEP_MAX)
      .execute();
    for (const { id, sha256 } of old) {
      await db.deleteFrom('evidence').where('id', '=', id).execute();
      await removeUnused(sha256);
    }
    return old.length;
  }

  /** Of each camera only the newest picture is of use. */
  async function forgetPictures(beforeAt: number): Promise<number> {
    const old = await db
      .selectFrom('cameraPictures as picture')
      .select(['picture.id', 'picture.sha256'])
      .where((is) =>
        is.or([
          is('picture.at', '<', beforeAt),
          is.exists(
            is
              .selectFrom('cameraPictures as newer')
              .select('newer.id')
              .whereRef('newer.deviceId', '=', 'picture.deviceId')
              .whereRef('newer.storedAt', '>', 'picture.storedAt'),
          ),
        ]),
      )
      .limit(ROWS_PER_STEP_MAX)
      .execute();
    for (const { id, sha256 } of old) {
      await db.deleteFrom('cameraPictures').where('id', '=', id).execute();
      await removeUnused(sha256);
    }
    return old.length;
  }

  async function removeUnused(sha256: string): Promise<void> {
    for (const table of ['evidence', 'cameraPictures', 'ticketPhotos'] as const) {
      const user = await db.selectFrom(table).select('sha256').where('sha256', '=', sha256).limit(1).executeTakeFirst();
      if (user) return;
    }
    await evidence.remove(sha256);
  }
}
