/**
 * Says notices to their channels. In: `queue`, once per dedupe key. Out: attempts through the
 * notifiers, at least once, within each receiver's limit, again with back-off until delivered,
 * refused or too old. The queue is a table, so it goes on where it was after a restart; the same
 * table is the log of what was sent to whom with what outcome.
 */

import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { Counter } from 'prom-client';
import type { Clock, Timer } from '../../core/clock.ts';
import { invariant } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import type { Metrics } from '../metrics.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import { attempt, backOffMs, DISPATCH_LIMITS } from './attempt.ts';
import { type Channel, type Channels, CONSOLE_CHANNEL } from './channels.ts';
import type { Notice, Notifier, Outcome } from './notifier.ts';
import type { NoticeStatus, NotifyTables } from './tables.ts';

export interface QueuedNotice {
  dedupeKey: string;
  channelId: string;
  username: string | null;
  notice: Omit<Notice, 'id'>;
  /** Set when it must not be sent: it is only written into the log. */
  muted?: string;
}

export interface Dispatch {
  /**
   * Keeps the notices, and in the same transaction what `beside` writes: a call and the timer of its
   * reminder stand or fall together. A power cut may lose the newest; who queues finds out at start.
   */
  queue(notices: readonly QueuedNotice[], beside?: (trx: Kysely<RecordTables>) => Promise<void>): Promise<void>;
  /** What is still queued about an alarm is not sent any more. */
  cancelAlarm(alarmId: string, reason: string): Promise<void>;
  /** One attempt, now, for the test button; nothing is queued or repeated. */
  test(channelId: string, notice: Omit<Notice, 'id'>): Promise<Outcome>;
  onDone(
    listener: (done: {
      notice: Notice;
      notifier: string;
      username: string | null;
      status: NoticeStatus;
    }) => Promise<void>,
  ): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  settled(): Promise<void>;
}

type Row = NotifyTables['notices'];

export function createDispatch(parts: {
  records: Records;
  channels: Channels;
  notifiers: ReadonlyMap<string, Notifier>;
  show(notice: Notice): void;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
  newId: NewId;
}): Dispatch {
  const { channels, notifiers, clock, newId, show } = parts;
  const log = parts.log.child({ component: 'notify' });
  const rim = { notifiers, show, clock, log };
  const db = parts.records.db.withTables<NotifyTables>() as unknown as Kysely<NotifyTables>;
  const counted = new Counter({
    name: 'linli_hub_notices_total',
    help: 'Attempts and ends of notices: delivered, retry, rejected, given-up, cancelled, muted',
    labelNames: ['notifier', 'outcome'],
    registers: [parts.metrics.registry],
  });
  const listeners: Parameters<Dispatch['onDone']>[0][] = [];
  /** Each channel is served by itself: a receiver that hangs delays nobody else. */
  const busy = new Map<string, Promise<void>>();
  /** Channels at the limit of their receiver, until when. */
  const held = new Map<string, number>();
  let wake: { at: number; timer: Timer } | undefined;
  let scanning: Promise<void> = Promise.resolve();
  let state: 'idle' | 'running' | 'stopped' = 'idle';

  return {
    async queue(notices, beside) {
      const shown: Row[] = [];
      // One transaction: a call to many people is one write to the disk.
      await parts.records.lazily(async (trx) => {
        shown.length = 0;
        for (const queued of notices) {
          const row = await insert(trx.withTables<NotifyTables>() as unknown as Kysely<NotifyTables>, queued);
          if (row?.status === 'delivered') shown.push(row);
        }
        await beside?.(trx);
      });
      for (const row of shown) {
        const notice = JSON.parse(row.notice) as Notice;
        show(notice);
        await tellDone(row, notice);
      }
      if (shown.length < notices.length) wakeAt(clock.now());
    },
    async cancelAlarm(alarmId, reason) {
      await db
        .updateTable('notices')
        .set({ status: 'cancelled', reason })
        .where('alarmId', '=', alarmId)
        .where('status', '=', 'queued')
        .where('type', '!=', 'ended')
        .execute();
    },
    async test(channelId, notice) {
      const channel = await channels.get(channelId);
      invariant(channel, 'the caller has seen the channel');
      return attempt({ ...rim, channel, notice: { id: newId(), ...notice } });
    },
    onDone: (listener) => void listeners.push(listener),
    async start() {
      state = 'running';
      wakeAt(clock.now());
    },
    async stop() {
      state = 'stopped';
      wake?.timer.cancel();
      await settled();
    },
    settled,
  };

  /** The row, or undefined when the same was said before. The console is here: what is queued for it is shown at once. */
  async function insert(trx: Kysely<NotifyTables>, queued: QueuedNotice): Promise<Row | undefined> {
    const { dedupeKey, channelId, username, notice, muted } = queued;
    const { notifier } = (await channels.get(channelId, trx)) ?? {};
    if (notifier === undefined) return undefined;
    const now = clock.now();
    const id = newId();
    const status = muted !== undefined ? 'muted' : channelId === CONSOLE_CHANNEL.id ? 'delivered' : 'queued';
    const row: Row = {
      id,
      dedupeKey,
      channelId,
      notifier,
      username,
      address: notice.to,
      type: notice.type,
      lifeSafety: notice.lifeSafety ? 1 : 0,
      communityId: notice.communityId,
      alarmId: notice.alarmId,
      ticketId: notice.ticketId,
      notice: JSON.stringify({ id, ...notice }),
      status,
      reason: muted ?? null,
      attempts: status === 'delivered' ? 1 : 0,
      nextAt: now,
      attemptedAt: status === 'delivered' ? now : null,
      createdAt: now,
    };
    const result = await trx
      .insertInto('notices')
      .values(row)
      .onConflict((conflict) => conflict.column('dedupeKey').doNothing())
      .executeTakeFirst();
    if (result.numInsertedOrUpdatedRows !== 1n) return undefined;
    if (muted !== undefined) counted.labels(notifier, 'muted').inc();
    return row;
  }

  async function settled(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== scanning || busy.size > 0; ) {
      seen = scanning;
      await seen;
      await Promise.all(busy.values());
    }
  }

  function wakeAt(at: number): void {
    if (state !== 'running') return;
    if (wake && wake.at <= at) return;
    wake?.timer.cancel();
    if (at <= clock.now()) scan();
    else wake = { at, timer: clock.after(at - clock.now(), scan) };
  }

  function scan(): void {
    wake?.timer.cancel();
    wake = undefined;
    scanning = scanning.then(async () => {
      if (state !== 'running') return;
      try {
        await serveDueChannels();
      } catch (error) {
        log.error({ err: error }, 'the queue of notices cannot be read');
        wakeAt(clock.now() + DISPATCH_LIMITS.backOffMs[0]);
      }
    });
  }

  async function serveDueChannels(): Promise<void> {
    const now = clock.now();
    for (const [channelId, until] of held) if (until <= now) held.delete(channelId);
    const waiting = await db
      .selectFrom('notices')
      .select(['channelId', (eb) => eb.fn.min('nextAt').as('nextAt')])
      .where('status', '=', 'queued')
      .groupBy('channelId')
      .execute();
    let next = Math.min(...held.values());
    for (const { channelId, nextAt } of waiting) {
      if (busy.has(channelId) || held.has(channelId)) continue;
      if (nextAt > now || busy.size >= DISPATCH_LIMITS.channelsMax)
        next = Math.min(next, Math.max(nextAt, now + 1_000));
      else
        busy.set(
          channelId,
          serveChannel(channelId).finally(() => free(channelId)),
        );
    }
    if (Number.isFinite(next)) wakeAt(next);
  }

  function free(channelId: string): void {
    busy.delete(channelId);
    scan();
  }

  /** Everything that is due on one channel, the dangers first, no faster than its receiver allows. */
  async function serveChannel(channelId: string): Promise<void> {
    try {
      const channel = await channels.get(channelId);
      const perMinuteMax = (channel && notifiers.get(channel.notifier)?.perMinuteMax) ?? 60;
      while (state === 'running') {
        const fullUntil = await limitUntil(channelId, perMinuteMax);
        if (fullUntil !== undefined) {
          held.set(channelId, fullUntil);
          return;
        }
        const row = await nextDue(channelId);
        if (!row) return;
        await sendRow(row, channel);
      }
    } catch (error) {
      log.error({ err: error, channelId }, 'a channel could not be served');
      held.set(channelId, clock.now() + DISPATCH_LIMITS.backOffMs[0]);
    }
  }

  async function nextDue(channelId: string): Promise<Row | undefined> {
    return db
      .selectFrom('notices')
      .selectAll()
      .where('status', '=', 'queued')
      .where('channelId', '=', channelId)
      .where('nextAt', '<=', clock.now())
      .orderBy('lifeSafety', 'desc')
      .orderBy('createdAt')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
  }

  /** When the receiver takes more, if its limit of the last minute is reached. */
  async function limitUntil(channelId: string, perMinuteMax: number): Promise<number | undefined> {
    const row = await db
      .selectFrom('notices')
      .select('attemptedAt')
      .where('channelId', '=', channelId)
      .where('attemptedAt', '>', clock.now() - 60_000)
      .orderBy('attemptedAt', 'desc')
      .offset(perMinuteMax - 1)
      .limit(1)
      .executeTakeFirst();
    return row?.attemptedAt == null ? undefined : row.attemptedAt + 60_000;
  }

  async function sendRow(row: Row, channel: Channel | undefined): Promise<void> {
    const notice = JSON.parse(row.notice) as Notice;
    if (!channel?.enabled) return done(row, notice, 'cancelled', 'the channel is switched off or gone');
    const outcome = await attempt({ ...rim, channel, notice });
    if (outcome.outcome === 'delivered') return done(row, notice, 'delivered', null);
    if (outcome.outcome === 'rejected') return done(row, notice, 'rejected', outcome.reason);
    const ageMsMax = notice.lifeSafety ? DISPATCH_LIMITS.lifeSafetyAgeMsMax : DISPATCH_LIMITS.otherAgeMsMax;
    const waitMs = Math.max(outcome.afterMs ?? 0, backOffMs(row.attempts, row.id));
    if (clock.now() + waitMs - row.createdAt > ageMsMax) return done(row, notice, 'given-up', outcome.reason);
    counted.labels(row.notifier, 'retry').inc();
    await db
      .updateTable('notices')
      .set({
        attempts: row.attempts + 1,
        attemptedAt: clock.now(),
        nextAt: clock.now() + waitMs,
        reason: outcome.reason,
      })
      .where('id', '=', row.id)
      .where('status', '=', 'queued')
      .execute();
  }

  async function done(row: Row, notice: Notice, status: NoticeStatus, reason: string | null): Promise<void> {
    const { id, notifier } = row;
    await db
      .updateTable('notices')
      .set({ status, reason, attempts: row.attempts + 1, attemptedAt: clock.now() })
      .where('id', '=', id)
      .where('status', '=', 'queued')
      .execute();
    if (status !== 'delivered') log.warn({ noticeId: id, notifier, status, reason }, 'a notice was not delivered');
    await tellDone({ ...row, status }, notice);
  }

  async function tellDone({ id, notifier, username, status }: Row, notice: Notice): Promise<void> {
    counted.labels(notifier, status).inc();
    for (const listener of listeners) {
      await listener({ notice, notifier, username, status }).catch((error) =>
        log.error({ err: error, noticeId: id }, 'a listener of notices failed'),
      );
    }
  }
}
