/** Facts of work orders and the row that they add up to. The row is derived, save for its number. */
import type { Kysely } from 'kysely';
import { locationTitle } from '../../core/device.ts';
import { foldTicket, type Ticket, type TicketFact } from '../../core/ticket.ts';
import { measureOf, nextDueAt, type SlaPolicy, slaOf } from '../policies/sla.ts';
import { placeKey } from '../policies/ticket-policy.ts';
import type { TicketTables } from './tables.ts';

export type TicketDb = Kysely<TicketTables>;

export async function ticketFactsOf(db: TicketDb, ticketId: string): Promise<TicketFact[]> {
  const rows = await db
    .selectFrom('ticketFacts')
    .select('fact')
    .where('ticketId', '=', ticketId)
    .orderBy('step')
    .execute();
  return rows.map((row) => JSON.parse(row.fact) as TicketFact);
}

/** The ticket of a log, its clocks by the calendar of its present priority. */
export function foldByPolicy(facts: readonly TicketFact[], policy: SlaPolicy): Ticket | undefined {
  const plain = foldTicket(facts);
  return plain && foldTicket(facts, measureOf(policy, plain));
}

export async function insertTicketFact(db: TicketDb, fact: TicketFact): Promise<void> {
  const { id, ticketId, step, at, body } = fact;
  await db
    .insertInto('ticketFacts')
    .values({ id, ticketId, step, at, type: body.type, fact: JSON.stringify(fact) })
    .execute();
}

export async function upsertTicket(db: TicketDb, ticket: Ticket, policy: SlaPolicy): Promise<void> {
  const { communityId, state, category, priority, source, owner, deviceId, createdAt, updatedAt } = ticket;
  const row = {
    communityId,
    state,
    category,
    priority,
    source,
    owner,
    deviceId,
    place: placeKey('floor', deviceId, ticket.location) ?? null,
    createdAt,
    updatedAt,
    dueAt: nextDueAt(slaOf(policy, ticket, ticket.updatedAt)),
    search: [ticket.title, ticket.description, locationTitle(ticket.location)].join('\n').toLowerCase(),
    ticket: JSON.stringify(ticket),
  };
  const known = await db.selectFrom('tickets').select('id').where('id', '=', ticket.id).executeTakeFirst();
  if (known) {
    await db.updateTable('tickets').set(row).where('id', '=', ticket.id).execute();
    return;
  }
  const last = await db.selectFrom('tickets').select('number').orderBy('number', 'desc').limit(1).executeTakeFirst();
  await db
    .insertInto('tickets')
    .values({ id: ticket.id, number: (last?.number ?? 0) + 1, ...row })
    .execute();
}
