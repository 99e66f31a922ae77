/**
 * Alarms become work orders. In: changes of alarms, timers of the policy, and once at start every
 * active alarm without a ticket, so that a crash between an alarm and its ticket loses nothing.
 * Out: one ticket per alarm, and a `ticket-linked` fact on the alarm. Replayed history that is over
 * makes none.
 */
import type { Logger } from 'pino';
import { type Alarm, type AlarmFact, hubTimeOf } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import { locationTitle } from '../../core/device.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Calm } from '../calm.ts';
import type { Policies } from '../policies/policies.ts';
import { planTicket, ticketDueAt } from '../policies/ticket-policy.ts';
import type { Records } from '../stores/records/records.ts';
import type { Timers } from '../timers.ts';
import { createTurns } from '../turns.ts';
import type { TicketTables } from './tables.ts';
import type { Tickets } from './tickets.ts';

const TIMER = 'ticket-of-alarm';

/** Facts after which the plan of an alarm may have become due, or not due any more. */
const ASK_AGAIN: ReadonlySet<AlarmFact['body']['type']> = new Set([
  'raised',
  'updated',
  'cleared',
  'reset',
  'acknowledged',
  'unshelved',
  'unsuppressed',
  'in-service',
]);

export interface TicketsFromAlarms {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when every change so far has been dealt with. */
  settled(): Promise<void>;
}

export function createTicketsFromAlarms(parts: {
  alarms: Alarms;
  tickets: Tickets;
  timers: Timers;
  policies: Policies;
  records: Records;
  calm: Calm;
  clock: Clock;
  log: Logger;
}): TicketsFromAlarms {
  const { alarms, tickets, timers, policies, records, clock } = parts;
  const log = parts.log.child({ component: 'tickets-from-alarms' });
  const db = records.db.withTables<TicketTables & { timers: { kind: string; key: string } }>();
  const turns = createTurns(parts);
  let stopped = false;

  alarms.onChange(({ alarm, before, fact, history }) => {
    if (history || stopped) return;
    const isAsBefore = fact.body.type === 'updated' && before?.severity === alarm.severity;
    if (ASK_AGAIN.has(fact.body.type) && !isAsBefore) inTurn(() => consider(alarm.id), alarm.lifeSafety);
    if (fact.body.type === 'raised' && before) inTurn(() => reopenWhatCameBack(alarm), alarm.lifeSafety);
  });
  timers.handle(TIMER, ({ key }) => consider(key));

  return {
    async start() {
      for (const alarmId of await unconsidered()) inTurn(() => consider(alarmId));
      for (const alarmId of await halfLinked()) inTurn(() => relink(alarmId));
      for (const alarmId of await activeWithDoneTicket()) inTurn(() => reopenIfItCameBack(alarmId));
    },
    async stop() {
      stopped = true;
      await turns.stop();
    },
    settled: turns.settled,
  };

  /** Active, no ticket, and no instant at which it may become one. */
  async function unconsidered(): Promise<string[]> {
    const rows = await db
      .selectFrom('alarms')
      .leftJoin('timers', (join) => join.onRef('timers.key', '=', 'alarms.id').on('timers.kind', '=', TIMER))
      .select('alarms.id')
      .where('condition', '=', 'active')
      .where('alarms.ticketId', 'is', null)
      .where('timers.key', 'is', null)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** The ticket was made, and the fact on the alarm was not. */
  async function halfLinked(): Promise<string[]> {
    const rows = await db
      .selectFrom('alarms')
      .innerJoin('ticketAlarms', 'ticketAlarms.alarmId', 'alarms.id')
      .select('alarms.id')
      .where('alarms.ticketId', 'is', null)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** It may have come back in the instant before the hub ended. */
  async function activeWithDoneTicket(): Promise<string[]> {
    const rows = await db
      .selectFrom('alarms')
      .innerJoin('tickets', 'tickets.id', 'alarms.ticketId')
      .select('alarms.id')
      .where('alarms.condition', '=', 'active')
      .where('tickets.state', 'in', ['resolved', 'closed'])
      .execute();
    return rows.map(({ id }) => id);
  }

  /** One after another: two facts of one alarm that come together must not both make the ticket. */
  function inTurn(run: () => Promise<void>, urgent = false): void {
    turns.take(run, { urgent }).catch((error) => log.error({ err: error }, 'an alarm could not be made a ticket'));
  }

  async function consider(alarmId: string): Promise<void> {
    const alarm = await alarms.get(alarmId);
    if (!alarm || alarm.ticketId !== null) return;
    const plan = planTicket(policies.get('tickets'), alarm);
    const dueAt = plan && ticketDueAt(plan, alarm, activeSinceAt(await alarms.facts(alarmId), alarm));
    if (!plan || dueAt === undefined) return;
    if (dueAt > clock.now()) {
      await records.lazily((trx) => timers.set(trx, { kind: TIMER, key: alarmId, dueAt, payload: null }));
      return;
    }
    const ticket = await tickets.create({
      ticket: {
        communityId: alarm.communityId,
        title: `${locationTitle(alarm.location)} ${alarm.title.zh}`.slice(0, 200),
        description: alarm.response?.zh ?? '',
        category: plan.category,
        priority: plan.priority,
        source: 'alarm',
        location: alarm.location,
        alarmId: alarm.id,
        deviceId: alarm.deviceId,
      },
      author: { type: 'system', id: 'ticket-policy' },
      join: plan.join,
      incidentId: alarm.incidentId,
    });
    await link(alarmId, ticket.id);
  }

  async function relink(alarmId: string): Promise<void> {
    const known = await tickets.ofAlarm(alarmId);
    if (known) await link(alarmId, known.id);
  }

  async function link(alarmId: string, ticketId: string): Promise<void> {
    await alarms.state({
      alarmId,
      body: { type: 'ticket-linked', ticketId },
      author: { type: 'system', id: 'ticket-policy' },
      // The same id for the same alarm: said again after a crash it counts once.
      id: `ticket-linked-${alarmId}`,
    });
  }

  async function reopenIfItCameBack(alarmId: string): Promise<void> {
    const alarm = await alarms.get(alarmId);
    const ticket = alarm?.ticketId ? await tickets.get(alarm.ticketId) : undefined;
    if (!alarm || ticket?.resolvedAt == null) return;
    if (activeSinceAt(await alarms.facts(alarmId), alarm) > ticket.resolvedAt) await reopenWhatCameBack(alarm);
  }

  /** The condition is back while its job counts as done: it was not fixed. */
  async function reopenWhatCameBack(alarm: Alarm): Promise<void> {
    if (alarm.ticketId === null) return;
    const ticket = await tickets.get(alarm.ticketId);
    if (ticket?.state !== 'resolved' && ticket?.state !== 'closed') return;
    await tickets.state({
      ticketId: ticket.id,
      body: { type: 'reopened', reason: `报警再次触发 (the alarm came back): ${alarm.title.zh}` },
      author: { type: 'system', id: 'ticket-policy' },
    });
  }
}

/** By the hub's clock, since it is compared with it. */
function activeSinceAt(facts: AlarmFact[], alarm: Alarm): number {
  const raised = facts.filter((fact) => fact.body.type === 'raised' && !fact.late).map((fact) => hubTimeOf(fact));
  return raised.length === 0 ? hubTimeOf(alarm, alarm.firstAt) : Math.max(...raised);
}
