/**
 * Work orders are told to people: a new one, one for you, one that is late. In: changes of tickets
 * and a stored timer for the next clock that will be missed. Out: notices for dispatch.
 */
import type { Clock } from '../../core/clock.ts';
import type { Ticket } from '../../core/ticket.ts';
import type { Dispatch, QueuedNotice } from '../notify/dispatch.ts';
import { type TicketOccasion, ticketWords } from '../notify/templates.ts';
import type { Policies } from '../policies/policies.ts';
import { type Sla, slaOf } from '../policies/sla.ts';
import type { Records } from '../stores/records/records.ts';
import { canOwn } from '../tickets/rights.ts';
import type { TicketTables } from '../tickets/tables.ts';
import type { Tickets } from '../tickets/tickets.ts';
import type { Timers } from '../timers.ts';
import type { Receiver, Receivers } from './receivers.ts';

const TIMER = 'ticket-late';

export function tellOfTickets(parts: {
  tickets: Tickets;
  timers: Timers;
  policies: Policies;
  dispatch: Dispatch;
  receivers: Receivers;
  records: Records;
  clock: Clock;
  publicUrl: string | undefined;
}): void {
  const { tickets, timers, policies, dispatch, receivers, records, clock, publicUrl } = parts;
  const db = records.db.withTables<TicketTables>();

  tickets.onChange(async ({ ticket, fact }) => {
    await watch(ticket);
    const by = fact.author.type === 'person' ? fact.author.id : undefined;
    switch (fact.body.type) {
      case 'created': {
        // An alarm has called people already; its ticket only goes to who asked for tickets.
        const workers = ticket.source === 'alarm' ? [] : await workersOf(ticket);
        return tell(ticket, 'created', fact.id, except(workers, by));
      }
      case 'assigned':
        return tell(ticket, 'assigned', fact.id, except([fact.body.username], by));
      case 'reopened':
        return tell(
          ticket,
          'reopened',
          fact.id,
          except(ticket.owner === null ? await workersOf(ticket) : [ticket.owner], by),
        );
      default:
        return undefined;
    }
  });

  timers.handle(TIMER, async ({ key, dueAt }) => {
    const ticket = await tickets.get(key);
    if (!ticket) return;
    const late = Object.values(slaOf(policies.get('sla'), ticket, clock.now())).some((one) => one.dueAt === dueAt);
    const people = ticket.owner === null ? await workersOf(ticket) : [ticket.owner];
    if (late) await tell(ticket, 'late', String(dueAt), people);
    await watch(ticket);
  });

  /** The next clock that can still be missed; what is late was told when it became late. */
  async function watch(ticket: Ticket): Promise<void> {
    const now = clock.now();
    const dueAt = nextMiss(slaOf(policies.get('sla'), ticket, now), now);
    if (dueAt === undefined) await timers.cancel(records.db, { kind: TIMER, key: ticket.id });
    else await timers.set(records.db, { kind: TIMER, key: ticket.id, dueAt, payload: null });
  }

  async function workersOf(ticket: Ticket): Promise<string[]> {
    const community = await db
      .selectFrom('communities')
      .select('type')
      .where('id', '=', ticket.communityId)
      .executeTakeFirst();
    const roles = (['property', 'committee'] as const).filter((role) => canOwn(role, community?.type ?? ''));
    return receivers.people(
      roles.map((role) => ({ type: 'role', role })),
      ticket.communityId,
    );
  }

  async function tell(ticket: Ticket, occasion: TicketOccasion, call: string, usernames: string[]): Promise<void> {
    const { communityId } = ticket;
    const happening = { occasion: 'ticket', communityId, severity: null, lifeSafety: false, at: clock.now() } as const;
    const called = await receivers.called({ usernames, targets: [], happening });
    const subscribed = occasion === 'assigned' ? [] : await receivers.subscribed(happening);
    const found = [...called, ...subscribed];
    if (found.length === 0) return;
    const item = await tickets.item(ticket.id);
    const community = await db
      .selectFrom('communities')
      .select('name')
      .where('id', '=', communityId)
      .executeTakeFirst();
    const words = { ticket, number: item?.number ?? 0, occasion, communityName: community?.name ?? communityId };
    await dispatch.queue(
      found.map((receiver) => noticeFor(ticket, receiver, ['ticket', ticket.id, occasion, call], words)),
    );
  }

  function noticeFor(
    ticket: Ticket,
    { channelId, language, username, to, muted }: Receiver,
    key: string[],
    words: Omit<Parameters<typeof ticketWords>[0], 'language'>,
  ): QueuedNotice {
    return {
      dedupeKey: [...key, channelId, to ?? ''].join('|'),
      channelId,
      username,
      ...(muted === undefined ? {} : { muted }),
      notice: {
        type: 'ticket',
        language,
        ...ticketWords({ ...words, language }),
        severity: null,
        lifeSafety: false,
        at: clock.now(),
        communityId: ticket.communityId,
        alarmId: null,
        ticketId: ticket.id,
        link: publicUrl ? `${publicUrl}/tickets/${ticket.id}` : null,
        to,
      },
    };
  }
}

function except(usernames: readonly string[], username: string | undefined): string[] {
  return usernames.filter((other) => other !== username);
}

function nextMiss(sla: Sla, now: number): number | undefined {
  const ahead = Object.values(sla).flatMap(({ dueAt }) => (dueAt !== null && dueAt > now ? [dueAt] : []));
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}
