/**
 * Alarms are told to people until one of them acknowledges. In: changes of alarms and stored timers.
 * Out: notices for dispatch, `escalated` facts on the alarm. A chain runs by its policy: each step
 * tells its people, reminds them, and hands on; acknowledgement or the end of the alarm ends it, and
 * what is still queued is not sent.
 */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { Counter } from 'prom-client';
import type { Alarm, AlarmFact } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import { type Severity, severityRank } from '../../core/rule.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Calm } from '../calm.ts';
import type { Metrics } from '../metrics.ts';
import type { Dispatch } from '../notify/dispatch.ts';
import type { NotifyTables } from '../notify/tables.ts';
import { isWithin } from '../policies/calendar.ts';
import { chainOf, type EscalationChain } from '../policies/escalation-policy.ts';
import type { Policies } from '../policies/policies.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Timers } from '../timers.ts';
import { createTurns } from '../turns.ts';
import type { AlarmNotices } from './alarm-notices.ts';
import type { Receivers } from './receivers.ts';

const TIMER = 'escalation';
/** A raise that comes later than this starts its chain when it comes, not when it was. */
const LATE_MS = 60_000;
/** Reminders of one step become rarer: the pause doubles after each so many, up to an hour. */
const ROUNDS_BEFORE_SLOWER = 10;
const REPEAT_MS_MAX = 3_600_000;

interface Progress {
  /** When the chain began: part of each notice's key, so that a chain that starts again is not a repetition. */
  startedAt: number;
  step: number;
  round: number;
}

export interface Escalation {
  start(): Promise<void>;
  stop(): Promise<void>;
  settled(): Promise<void>;
}

export function createEscalation(parts: {
  alarms: Alarms;
  timers: Timers;
  policies: Policies;
  dispatch: Dispatch;
  receivers: Receivers;
  notices: AlarmNotices;
  records: Records;
  metrics: Metrics;
  calm: Calm;
  clock: Clock;
  log: Logger;
}): Escalation {
  const { alarms, timers, policies, dispatch, receivers, notices, clock } = parts;
  const log = parts.log.child({ component: 'escalation' });
  const { records } = parts;
  const { db } = records;
  const folded = new Counter({
    name: 'linli_hub_reminders_folded_total',
    help: 'Reminders and escalations of an alarm that another alarm of its incident spoke for',
    registers: [parts.metrics.registry],
  });
  const turns = createTurns(parts);
  let stopped = false;

  alarms.onChange(({ alarm, before, fact, saidAt, history }) => {
    if (history || stopped) return;
    if (needsAttention(alarm)) {
      if (isCall(fact, before)) later(() => begin(alarm, saidAt), alarm.lifeSafety);
    } else if (before && needsAttention(before)) later(() => end(alarm.id), alarm.lifeSafety);
  });
  // A timer takes its turn too: an acknowledgement before it must win.
  timers.handle(TIMER, ({ key, dueAt, payload }) => turns.take(() => step(key, dueAt, payload as Progress)));

  return {
    async start() {
      await cancelWhatIsOver();
      for (const alarmId of await untimed()) later(() => resume(alarmId));
    },
    async stop() {
      stopped = true;
      await turns.stop();
    },
    settled: turns.settled,
  };

  /** For callers who do not wait. */
  function later(run: () => Promise<void>, urgent = false): void {
    turns.take(run, { urgent }).catch((error) => log.error({ err: error }, 'an alarm could not be told'));
  }

  /** A crash between an acknowledgement and the end of its chain must not ring on. */
  async function cancelWhatIsOver(): Promise<void> {
    await db
      .withTables<NotifyTables>()
      .updateTable('notices')
      .set({ status: 'cancelled', reason: 'acknowledged, over or muted' })
      .where('status', '=', 'queued')
      .where('type', '!=', 'ended')
      .where('alarmId', 'in', (built) => built.selectFrom('alarms').select('id').where('state', '!=', 'unacked'))
      .execute();
  }

  /** Alarms that wait for people and have no step ahead: told to the end, or a crash came between. */
  async function untimed(): Promise<string[]> {
    const rows = await db
      .withTables<{ timers: { kind: string; key: string } }>()
      .selectFrom('alarms')
      .leftJoin('timers', (join) => join.onRef('timers.key', '=', 'alarms.id').on('timers.kind', '=', TIMER))
      .select('alarms.id')
      .where('state', '=', 'unacked')
      .where('timers.key', 'is', null)
      .execute();
    return rows.map(({ id }) => id);
  }

  async function begin(alarm: Alarm, saidAt: number): Promise<void> {
    if (!chainOf(policies.get('escalation'), alarm)) {
      await timers.cancel(db, { kind: TIMER, key: alarm.id });
      return notices.tellSubscribers(alarm, 'alarm', saidAt);
    }
    const startedAt = clock.now() - saidAt > LATE_MS ? clock.now() : saidAt;
    await notices.tellSubscribers(alarm, 'alarm', startedAt);
    await advance(alarm.id, { startedAt, step: 0, round: 0 }, alarm);
  }

  /** Nothing was told of it yet: a crash came between the alarm and its chain, so it begins now. */
  async function resume(alarmId: string): Promise<void> {
    const alarm = await alarms.get(alarmId);
    if (!alarm || !needsAttention(alarm)) return;
    const told = await db
      .withTables<NotifyTables>()
      .selectFrom('notices')
      .select((built) => built.fn.max('createdAt').as('at'))
      .where('alarmId', '=', alarmId)
      .executeTakeFirst();
    const calledAt = await lastCallAt(alarmId);
    const isTold = told?.at != null && (calledAt === undefined || told.at >= calledAt);
    if (!isTold) await begin(alarm, clock.now());
  }

  /** When the hub stored the newest fact that calls for people: by its own clock, like the notices. */
  async function lastCallAt(alarmId: string): Promise<number | undefined> {
    const rows = await db
      .selectFrom('alarmFacts')
      .select(['fact', 'storedAt'])
      .where('alarmId', '=', alarmId)
      .execute();
    const calls = rows.filter((row) => {
      const fact = JSON.parse(row.fact) as AlarmFact;
      return !fact.late && isCall(fact, undefined);
    });
    return calls.length === 0 ? undefined : Math.max(...calls.map((row) => row.storedAt));
  }

  async function end(alarmId: string): Promise<void> {
    const alarm = await alarms.get(alarmId);
    // Raised again in the meantime: that call has its own turn.
    if (!alarm || needsAttention(alarm)) return;
    await timers.cancel(db, { kind: TIMER, key: alarmId });
    await dispatch.cancelAlarm(alarmId, alarm.acknowledged ? 'acknowledged' : 'over or muted');
    await notices.tellSubscribers(alarm, 'ended', alarm.ackedAt ?? alarm.clearedAt ?? clock.now());
  }

  async function step(alarmId: string, dueAt: number, progress: Progress): Promise<void> {
    const alarm = await alarms.get(alarmId);
    if (!alarm || !needsAttention(alarm)) return;
    await advance(alarmId, progress, alarm, dueAt);
  }

  /** Tells the people of one step and, in the same transaction, sets the timer for what comes next. */
  async function advance(alarmId: string, progress: Progress, alarm: Alarm, dueAt = clock.now()): Promise<void> {
    const policy = policies.get('escalation');
    const chain = chainOf(policy, alarm);
    const current = chain?.steps[progress.step];
    if (!chain || !current) return records.lazily((trx) => setNext(trx, alarmId, undefined));
    const startsAt = progress.startedAt + current.afterMs;
    if (startsAt > clock.now())
      return records.lazily((trx) => setNext(trx, alarmId, { progress: { ...progress, round: 0 }, at: startsAt }));
    const calendar = current.calendar === undefined ? undefined : policy.calendars[current.calendar];
    const onDuty = !calendar || alarm.lifeSafety || isWithin(calendar, clock.now());
    const usernames = onDuty ? await receivers.people(current.to, alarm.communityId) : [];
    const hasChannel = onDuty && current.to.some((target) => target.type === 'channel');
    if (usernames.length === 0 && !hasChannel) {
      // Nobody there to wait for: the next step holds at once.
      if (progress.step + 1 < chain.steps.length) return advanceEarly(alarmId, progress, alarm);
      log.warn({ alarmId, step: progress.step }, 'an alarm has nobody to be told to');
      return records.lazily((trx) => setNext(trx, alarmId, undefined));
    }
    const next = nextOf(chain, progress, dueAt, clock.now());
    const { isLead, siblings } = await placeInIncident(alarm);
    const isFirstCall = progress.step === 0 && progress.round === 0;
    // Five devices that see one fire call five times and are reminded of once; nobody acknowledges faster for more.
    if (!isLead && !isFirstCall) {
      folded.inc();
      return records.lazily((trx) => setNext(trx, alarmId, next));
    }
    const call = { alarm, usernames, targets: current.to, ...progress, siblings: isLead ? siblings : 0 };
    await notices.tellCalled(call, (trx) => setNext(trx, alarmId, next));
    if (progress.step > 0 && progress.round === 0) await markEscalated(alarm, progress, current.title.zh);
  }

  /** Of the alarms of an incident that still wait, the worst and oldest speaks for all. */
  async function placeInIncident(alarm: Alarm): Promise<{ isLead: boolean; siblings: number }> {
    if (alarm.incidentId === null) return { isLead: true, siblings: 0 };
    const rows = await db
      .selectFrom('alarms')
      .select(['id', 'severity', 'firstAt'])
      .where('incidentId', '=', alarm.incidentId)
      .where('state', '=', 'unacked')
      .execute();
    const lead = rows.sort(
      (a, b) =>
        severityRank(a.severity as Severity) - severityRank(b.severity as Severity) ||
        a.firstAt - b.firstAt ||
        (a.id < b.id ? -1 : 1),
    )[0];
    return { isLead: lead === undefined || lead.id === alarm.id, siblings: Math.max(0, rows.length - 1) };
  }

  /** The step after one that reached nobody begins now; those behind it keep their distance to the raise. */
  async function advanceEarly(alarmId: string, progress: Progress, alarm: Alarm): Promise<void> {
    const chain = chainOf(policies.get('escalation'), alarm);
    const following = chain?.steps[progress.step + 1];
    if (!following) return;
    const shiftedStart = Math.min(progress.startedAt, clock.now() - following.afterMs);
    await advance(alarmId, { startedAt: shiftedStart, step: progress.step + 1, round: 0 }, alarm);
  }

  async function setNext(
    trx: Kysely<RecordTables>,
    alarmId: string,
    next: { progress: Progress; at: number } | undefined,
  ): Promise<void> {
    if (next) await timers.set(trx, { kind: TIMER, key: alarmId, dueAt: next.at, payload: next.progress });
    else await timers.cancel(trx, { kind: TIMER, key: alarmId });
  }

  async function markEscalated(alarm: Alarm, { step: level, startedAt }: Progress, to: string): Promise<void> {
    await alarms.state({
      alarmId: alarm.id,
      body: { type: 'escalated', level, to },
      author: { type: 'system', id: 'escalation' },
      id: `escalated-${alarm.id}-${startedAt}-${level}`,
      lazily: true,
    });
  }
}

/** What comes after a step was told: a reminder of it, or the next step, whichever is sooner. */
export function nextOf(
  chain: EscalationChain,
  progress: Progress,
  dueAt: number,
  now: number,
): { progress: Progress; at: number } | undefined {
  const { startedAt, step, round } = progress;
  const following = chain.steps[step + 1];
  const nextStep = following && {
    progress: { startedAt, step: step + 1, round: 0 },
    at: startedAt + following.afterMs,
  };
  const every = chain.steps[step]?.repeatEveryMs;
  const slower =
    every === undefined
      ? undefined
      : Math.min(every * 2 ** Math.floor(round / ROUNDS_BEFORE_SLOWER), Math.max(every, REPEAT_MS_MAX));
  // From when it was due, so that reminders stay exact; from now after an outage, so that they do not pour.
  const from = slower !== undefined && now - dueAt > slower ? now : dueAt;
  const reminder =
    slower === undefined ? undefined : { progress: { startedAt, step, round: round + 1 }, at: from + slower };
  if (nextStep && reminder) return nextStep.at <= reminder.at ? nextStep : reminder;
  return nextStep ?? reminder;
}

/** Somebody has to look: active and not acknowledged. Shelved, suppressed and out of service were decided. */
function needsAttention(alarm: Alarm): boolean {
  return alarm.state === 'unacked';
}

/** Facts that call for people anew. */
function isCall(fact: AlarmFact, before: Alarm | undefined): boolean {
  switch (fact.body.type) {
    case 'raised':
    case 'unshelved':
    case 'unsuppressed':
    case 'in-service':
      return true;
    case 'updated':
      return (
        fact.body.severity !== undefined &&
        before !== undefined &&
        severityRank(fact.body.severity) < severityRank(before.severity)
      );
    default:
      return false;
  }
}
