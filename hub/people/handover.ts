/**
 * The report of a shift (交接班): what happened, what is still open, what is muted and until when,
 * what the next one must know. Pure reading; a hand-over keeps the report as it was when it was given.
 */
import type { Kysely } from 'kysely';
import type { Alarm } from '../../core/alarm.ts';
import { locationTitle } from '../../core/device.ts';
import { SEVERITIES, type Severity, severityRank } from '../../core/rule.ts';
import type { Ticket } from '../../core/ticket.ts';
import type { NotifyTables } from '../notify/tables.ts';
import { type SlaPolicy, slaOf } from '../policies/sla.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { TicketTables } from '../tickets/tables.ts';

export type HandoverTables = {
  handovers: {
    id: string;
    communityId: string;
    fromAt: number;
    toAt: number;
    givenBy: string;
    note: string;
    report: string;
    createdAt: number;
    acceptedBy: string | null;
    acceptedAt: number | null;
  };
};

/** Lines of each list; what does not fit is counted. */
const LINES_MAX = 100;

export async function shiftReport(options: {
  db: Kysely<RecordTables & TicketTables & NotifyTables>;
  communityId: string;
  fromAt: number;
  toAt: number;
  policy: SlaPolicy;
}) {
  const { db, communityId, fromAt, toAt, policy } = options;
  const alarmRows = await db
    .selectFrom('alarms')
    .select('alarm')
    .where('communityId', '=', communityId)
    .where((eb) =>
      eb.or([
        eb('condition', '=', 'active'),
        eb('acknowledged', '=', 0),
        eb.and([eb('lastAt', '>=', fromAt), eb('lastAt', '<', toAt)]),
      ]),
    )
    .execute();
  const alarms = alarmRows.map((row) => JSON.parse(row.alarm) as Alarm);
  const inShift = alarms.filter((alarm) => alarm.lastAt >= fromAt && alarm.lastAt < toAt);
  const ticketRows = await db
    .selectFrom('tickets')
    .select(['ticket', 'number'])
    .where('communityId', '=', communityId)
    .where('state', 'in', ['open', 'taken', 'working', 'paused'])
    .execute();
  const tickets = ticketRows.map(({ ticket, number }) => ({ ticket: JSON.parse(ticket) as Ticket, number }));
  const silent = await db
    .selectFrom('deviceStates')
    .innerJoin('devices', 'devices.id', 'deviceStates.deviceId')
    .select(['devices.id', 'devices.name', 'devices.kind', 'deviceStates.lastSeenAt'])
    .where('devices.communityId', '=', communityId)
    .where('deviceStates.liveness', '=', 'unavailable')
    .orderBy('deviceStates.lastSeenAt')
    .execute();
  const undelivered = await db
    .selectFrom('notices')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('communityId', '=', communityId)
    .where('status', 'in', ['rejected', 'given-up'])
    .where('createdAt', '>=', fromAt)
    .where('createdAt', '<', toAt)
    .executeTakeFirstOrThrow();

  return {
    communityId,
    fromAt,
    toAt,
    raised: bySeverity(inShift),
    unacknowledged: list(
      alarms.filter((alarm) => alarm.state === 'unacked' || alarm.state === 'returned').sort(worstFirst),
      alarmLine,
    ),
    active: list(alarms.filter((alarm) => alarm.state === 'acked').sort(worstFirst), alarmLine),
    muted: list(alarms.filter(isMuted), (alarm) => ({ ...alarmLine(alarm), ...muteOf(alarm) })),
    falseAlarms: inShift.filter((alarm) => alarm.verdict === 'false').length,
    openTickets: list(tickets, ({ ticket, number }) => ({ ...ticketLine(ticket, policy, toAt), number })),
    silentDevices: list(silent, (device) => device),
    undeliveredNotices: Number(undelivered.count),
  };
}

function list<T, L>(items: readonly T[], lineOf: (item: T) => L): { count: number; lines: L[] } {
  return { count: items.length, lines: items.slice(0, LINES_MAX).map(lineOf) };
}

function bySeverity(alarms: readonly Alarm[]): Record<Severity, number> {
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  for (const { severity } of alarms) counts[severity] += 1;
  return counts;
}

function worstFirst(a: Alarm, b: Alarm): number {
  return severityRank(a.severity) - severityRank(b.severity) || a.firstAt - b.firstAt;
}

function alarmLine(alarm: Alarm) {
  const { id, severity, title, location, firstAt, lastAt, state, ackedBy, assignedTo, ticketId } = alarm;
  return { id, severity, title, place: locationTitle(location), firstAt, lastAt, state, ackedBy, assignedTo, ticketId };
}

function isMuted(alarm: Alarm): boolean {
  return alarm.state === 'shelved' || alarm.state === 'suppressed' || alarm.state === 'out-of-service';
}

/** Why and until when: the next shift must not be surprised when it comes back. */
function muteOf(alarm: Alarm): { reason: string | null; untilAt: number | null } {
  if (alarm.state === 'out-of-service') return { reason: null, untilAt: alarm.outOfServiceUntilAt };
  if (alarm.state === 'shelved') return { reason: alarm.shelvedReason, untilAt: alarm.shelvedUntilAt };
  const [first] = alarm.suppressedBy;
  return { reason: first?.reason ?? null, untilAt: first?.untilAt ?? null };
}

function ticketLine(ticket: Ticket, policy: SlaPolicy, now: number) {
  const { id, category, priority, state, owner, location, createdAt, pausedReason } = ticket;
  const overdue = Object.values(slaOf(policy, ticket, now)).some((clock) => clock.state === 'late');
  return { id, category, priority, state, owner, place: locationTitle(location), createdAt, pausedReason, overdue };
}
