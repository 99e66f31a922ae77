/** A work order as the API shows it: the fold, its number, and how its promise stands now. */
import type { Ticket, TicketFact } from '../../core/ticket.ts';
import { nextDueAt, type SlaPolicy, slaOf } from '../policies/sla.ts';

export type TicketItem = ReturnType<typeof ticketItem>;

export function ticketItem(options: { ticket: Ticket; number: number; policy: SlaPolicy; now: number }) {
  const { ticket, number, policy, now } = options;
  const sla = slaOf(policy, ticket, now);
  const { clocks, ...rest } = ticket;
  return {
    ...rest,
    number,
    clocks: {
      respondMs: clocks.respondMs,
      arriveMs: clocks.arriveMs,
      solveMs: clocks.solveMs,
      pausedMs: clocks.pausedMs,
    },
    sla,
    dueAt: nextDueAt(sla),
    overdue: Object.values(sla).some((clock) => clock.state === 'late'),
    photos: ticket.photoIds.map((id) => ({ id, url: `/api/tickets/${ticket.id}/photos/${id}` })),
  };
}

/** One line of a ticket's history. */
export function ticketHistoryItem(fact: TicketFact) {
  const { type, ...detail } = fact.body;
  return { id: fact.id, at: fact.at, what: type, who: fact.author, detail };
}
