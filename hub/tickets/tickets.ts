/**
 * The hub's work orders. In: creations, actions of people and residents, facts of the hub itself.
 * Out: the folded ticket in the records store, a live event, and a call to everybody who listens.
 * One writer after another, so that a step of a log is never taken twice.
 */
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { AppError, invariant } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import { type Ticket, type TicketFact, type TicketFactBody, ticketAllows } from '../../core/ticket.ts';
import { decideTicket, type TicketAction } from '../../core/ticket-action.ts';
import type { Live } from '../live/live.ts';
import type { Policies } from '../policies/policies.ts';
import { placeKey, type TicketPlan } from '../policies/ticket-policy.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import { type TicketItem, ticketItem } from './item.ts';
import { foldByPolicy, insertTicketFact, type TicketDb, ticketFactsOf, upsertTicket } from './projection.ts';
import type { TicketTables } from './tables.ts';

type TicketAuthor = TicketFact['author'];
type NewTicket = Omit<Extract<TicketFactBody, { type: 'created' }>, 'type'>;

interface TicketChange {
  ticket: Ticket;
  before: Ticket | undefined;
  fact: TicketFact;
}

/** Called after the fact is stored; its fault undoes nothing. */
type TicketListener = (change: TicketChange) => void | Promise<void>;

export interface Tickets {
  /** With an alarm that has a ticket already, the one there is. */
  create(options: {
    ticket: NewTicket;
    author: TicketAuthor;
    join?: TicketPlan['join'];
    incidentId?: string | null;
    /** Stands or falls with the ticket: a resident's token, photos. */
    also?: (trx: TicketDb, ticketId: string) => Promise<void>;
  }): Promise<Ticket>;
  /** What somebody does. `mayAct` throws what the caller may not do; it sees the ticket as it is now. */
  act(options: {
    ticketId: string;
    action: TicketAction;
    author: TicketAuthor;
    mayAct?: (ticket: Ticket) => void;
  }): Promise<Ticket>;
  /** A fact that is no action: a photo, a link. Does nothing when the state forbids it. */
  state(options: { ticketId: string; body: TicketFactBody; author?: TicketAuthor }): Promise<Ticket | undefined>;
  get(ticketId: string): Promise<Ticket | undefined>;
  /** The ticket that answers an alarm. */
  ofAlarm(alarmId: string): Promise<Ticket | undefined>;
  item(ticketId: string): Promise<TicketItem | undefined>;
  facts(ticketId: string): Promise<TicketFact[]>;
  onChange(listener: TicketListener): void;
  /** Computes the rows of unfinished tickets again: after a change of what is promised. */
  project(): Promise<void>;
}

/** Tickets computed again in one transaction. */
const PROJECT_BITE = 100;

const SYSTEM: TicketAuthor = { type: 'system', id: 'hub' };

export function createTickets(parts: {
  records: Records;
  live: Live;
  policies: Policies;
  clock: Clock;
  log: Logger;
  newId: NewId;
}): Tickets {
  const { live, policies, clock, newId } = parts;
  const log = parts.log.child({ component: 'tickets' });
  const db: TicketDb = parts.records.db.withTables<TicketTables>() as unknown as TicketDb;
  const listeners: TicketListener[] = [];
  let tail: Promise<unknown> = Promise.resolve();

  const tickets: Tickets = {
    create: ({ ticket, author, join, incidentId = null, also }) =>
      inTurn(async (trx) => {
        const known = ticket.alarmId && (await ticketOfAlarm(trx, ticket.alarmId));
        if (known) return { ticket: await mustLoad(trx, known), changes: [] };
        const host =
          join && ticket.alarmId
            ? ((await findIncidentHost(trx, incidentId)) ?? (await findHost(trx, ticket, join)))
            : undefined;
        if (host && ticket.alarmId) return append(trx, host, { type: 'alarm-linked', alarmId: ticket.alarmId }, author);
        const opened = await open(trx, ticket, author);
        await also?.(trx, opened.ticket.id);
        return opened;
      }),
    act: ({ ticketId, action, author, mayAct }) =>
      inTurn(async (trx) => {
        const ticket = await mustLoad(trx, ticketId);
        mayAct?.(ticket);
        const decided = decideTicket(ticket, action);
        if (!decided.ok) throw new AppError('conflict', decided.reason);
        return append(trx, ticket, decided.body, author);
      }),
    state: ({ ticketId, body, author = SYSTEM }) =>
      inTurn(async (trx) => {
        const ticket = await load(trx, ticketId);
        if (!ticket || !ticketAllows(ticket.state, body.type)) return { ticket, changes: [] };
        return append(trx, ticket, body, author);
      }),
    get: (ticketId) => load(db, ticketId),
    async ofAlarm(alarmId) {
      const ticketId = await ticketOfAlarm(db, alarmId);
      return ticketId === undefined ? undefined : load(db, ticketId);
    },
    async item(ticketId) {
      const row = await db
        .selectFrom('tickets')
        .select(['ticket', 'number'])
        .where('id', '=', ticketId)
        .executeTakeFirst();
      return row && itemOf(row);
    },
    facts: (ticketId) => ticketFactsOf(db, ticketId),
    onChange: (listener) => void listeners.push(listener),
    async project() {
      const unfinished = db.selectFrom('tickets').select('id').where('state', 'not in', ['closed', 'cancelled']);
      const ids = (await unfinished.execute()).map((row) => row.id);
      // In bites, so that a change of policy does not hold up everybody's writes.
      for (let start = 0; start < ids.length; start += PROJECT_BITE)
        await inTurn((trx) => projectAgain(trx, ids.slice(start, start + PROJECT_BITE)));
    },
  };
  return tickets;

  /** Runs in one transaction after everybody before; tells of the changes once they are stored. */
  async function inTurn<T>(run: (trx: TicketDb) => Promise<{ ticket: T; changes: TicketChange[] }>): Promise<T> {
    const turn = tail.then(() => db.transaction().execute(run));
    tail = turn.catch(() => undefined);
    const { ticket, changes } = await turn;
    for (const change of changes) await announce(change);
    return ticket;
  }

  async function projectAgain(trx: TicketDb, ids: string[]) {
    for (const id of ids) {
      const ticket = foldByPolicy(await ticketFactsOf(trx, id), policies.get('sla'));
      if (ticket) await upsertTicket(trx, ticket, policies.get('sla'));
    }
    return { ticket: undefined, changes: [] };
  }

  async function announce(change: TicketChange): Promise<void> {
    const item = await tickets.item(change.ticket.id);
    if (item) live.publish({ type: 'ticket', communityId: item.communityId, data: item });
    for (const listener of listeners) {
      try {
        await listener(change);
      } catch (error) {
        log.error(
          { err: error, ticketId: change.ticket.id, fact: change.fact.body.type },
          'a listener of tickets failed',
        );
      }
    }
  }

  async function open(trx: TicketDb, said: NewTicket, author: TicketAuthor) {
    const id = newId();
    const fact = factOf({ ticketId: id, step: 0, at: clock.now(), author, body: { type: 'created', ...said } });
    await insertTicketFact(trx, fact);
    if (said.alarmId) await linkAlarm(trx, said.alarmId, id);
    const ticket = foldByPolicy([fact], policies.get('sla'));
    invariant(ticket, 'a log that begins with its creation is a ticket');
    await upsertTicket(trx, ticket, policies.get('sla'));
    return { ticket, changes: [{ ticket, before: undefined, fact }] };
  }

  async function append(trx: TicketDb, before: Ticket, body: TicketFactBody, author: TicketAuthor) {
    const facts = await ticketFactsOf(trx, before.id);
    // A clock that was set back must not make a later fact older than an earlier one.
    const at = Math.max(clock.now(), facts.at(-1)?.at ?? 0);
    const fact = factOf({ ticketId: before.id, step: facts.length, at, author, body });
    await insertTicketFact(trx, fact);
    if (body.type === 'alarm-linked') await linkAlarm(trx, body.alarmId, before.id);
    const ticket = foldByPolicy([...facts, fact], policies.get('sla'));
    invariant(ticket, 'a fact more does not unmake a ticket');
    await upsertTicket(trx, ticket, policies.get('sla'));
    return { ticket, changes: [{ ticket, before, fact }] };
  }

  function factOf(fact: Omit<TicketFact, 'id'>): TicketFact {
    return { id: newId(), ...fact };
  }

  function itemOf(row: { ticket: string; number: number }): TicketItem {
    const ticket = JSON.parse(row.ticket) as Ticket;
    return ticketItem({ ticket, number: row.number, policy: policies.get('sla'), now: clock.now() });
  }

  /** What several devices say of one incident is one job, whatever each of them calls it. */
  async function findIncidentHost(trx: TicketDb, incidentId: string | null): Promise<Ticket | undefined> {
    if (incidentId === null) return undefined;
    const row = await trx
      .withTables<Pick<RecordTables, 'alarms'>>()
      .selectFrom('alarms')
      .innerJoin('ticketAlarms', 'ticketAlarms.alarmId', 'alarms.id')
      .innerJoin('tickets', 'tickets.id', 'ticketAlarms.ticketId')
      .select('tickets.ticket')
      .where('alarms.incidentId', '=', incidentId)
      .where('tickets.state', 'in', ['open', 'taken', 'working', 'paused'])
      .orderBy('tickets.createdAt')
      .limit(1)
      .executeTakeFirst();
    return row && (JSON.parse(row.ticket) as Ticket);
  }

  /** An unfinished ticket that a new alarm of this place belongs to. */
  async function findHost(trx: TicketDb, said: NewTicket, join: TicketPlan['join']): Promise<Ticket | undefined> {
    const place = placeKey(join.place, said.deviceId ?? null, said.location);
    if (place === undefined) return undefined;
    const rows = await trx
      .selectFrom('tickets')
      .select('ticket')
      .where('communityId', '=', said.communityId)
      .where('category', '=', said.category)
      .where('source', '=', 'alarm')
      .where('state', 'in', ['open', 'taken', 'working', 'paused'])
      .where('createdAt', '>=', clock.now() - join.withinMs)
      .orderBy('createdAt', 'desc')
      .limit(50)
      .execute();
    return rows
      .map((row) => JSON.parse(row.ticket) as Ticket)
      .find((other) => placeKey(join.place, other.deviceId, other.location) === place);
  }
}

async function load(db: TicketDb, ticketId: string): Promise<Ticket | undefined> {
  const row = await db.selectFrom('tickets').select('ticket').where('id', '=', ticketId).executeTakeFirst();
  return row && (JSON.parse(row.ticket) as Ticket);
}

async function mustLoad(db: TicketDb, ticketId: string): Promise<Ticket> {
  const ticket = await load(db, ticketId);
  if (!ticket) throw new AppError('not-found', 'there is no such ticket');
  return ticket;
}

async function ticketOfAlarm(db: TicketDb, alarmId: string): Promise<string | undefined> {
  const row = await db.selectFrom('ticketAlarms').select('ticketId').where('alarmId', '=', alarmId).executeTakeFirst();
  return row?.ticketId;
}

async function linkAlarm(db: TicketDb, alarmId: string, ticketId: string): Promise<void> {
  await db
    .insertInto('ticketAlarms')
    .values({ alarmId, ticketId })
    .onConflict((conflict) => conflict.column('alarmId').doNothing())
    .execute();
}
