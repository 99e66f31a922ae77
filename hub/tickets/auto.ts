/**
 * What the hub does to work orders by itself: closes one that is resolved and that nobody disputes,
 * and links a report to an open one of the same place and category. In: changes of tickets.
 */
import type { Ticket } from '../../core/ticket.ts';
import type { Policies } from '../policies/policies.ts';
import type { Records } from '../stores/records/records.ts';
import type { Timers } from '../timers.ts';
import type { TicketTables } from './tables.ts';
import type { Tickets } from './tickets.ts';

const TIMER = 'close-ticket';
/** Reports of one place and category within this are likely about one thing. */
const SIMILAR_WITHIN_MS = 7 * 24 * 3_600_000;
/** A place where everything is broken must not fill a ticket with links. */
const LINKS_MAX = 5;

export function automateTickets(parts: {
  tickets: Tickets;
  timers: Timers;
  policies: Policies;
  records: Records;
}): void {
  const { tickets, timers, policies, records } = parts;
  const db = records.db.withTables<TicketTables>();

  tickets.onChange(async ({ ticket, fact }) => {
    if (fact.body.type === 'resolved')
      await timers.set(records.db, {
        kind: TIMER,
        key: ticket.id,
        dueAt: fact.at + policies.get('sla').closeAfterMs,
        payload: { resolvedAt: fact.at },
      });
    if (fact.body.type === 'created' && ticket.source !== 'alarm') await linkSimilar(ticket);
  });

  timers.handle(TIMER, async ({ key, payload }) => {
    const ticket = await tickets.get(key);
    const { resolvedAt } = payload as { resolvedAt: number };
    // Reopened and resolved again: the timer of the later resolution closes it.
    if (ticket?.state !== 'resolved' || ticket.resolvedAt !== resolvedAt) return;
    await tickets.state({ ticketId: key, body: { type: 'closed', note: '到期自动关闭 (closed: nobody disputed it)' } });
  });

  async function linkSimilar(ticket: Ticket): Promise<void> {
    if (ticket.category === 'other') return;
    const own = await db.selectFrom('tickets').select('place').where('id', '=', ticket.id).executeTakeFirst();
    if (!own?.place) return;
    const others = await db
      .selectFrom('tickets')
      .select('id')
      .where('place', '=', own.place)
      .where('category', '=', ticket.category)
      .where('communityId', '=', ticket.communityId)
      .where('createdAt', '>=', ticket.createdAt - SIMILAR_WITHIN_MS)
      .where('state', 'in', ['open', 'taken', 'working', 'paused'])
      .where('id', '!=', ticket.id)
      .orderBy('createdAt', 'desc')
      .limit(LINKS_MAX)
      .execute();
    for (const { id } of others) {
      await tickets.state({ ticketId: ticket.id, body: { type: 'linked', ticketId: id, relation: 'similar' } });
      await tickets.state({ ticketId: id, body: { type: 'linked', ticketId: ticket.id, relation: 'similar' } });
    }
  }
}
