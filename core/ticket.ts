/**
 * A work order (工单) is a log of facts, like an alarm, but with one writer: the hub. State and
 * clocks are computed from the log, so a pause or a change of priority is never forgotten.
 * In: facts. Out: `foldTicket`, what they say together. What an action adds: ticket-action.ts.
 */
import { z } from 'zod';
import { locationSchema } from './device.ts';
import { unreachable } from './errors.ts';
import { idSchema, instantSchema, noteSchema } from './text.ts';

export const TICKET_STATES = ['open', 'taken', 'working', 'paused', 'resolved', 'closed', 'cancelled'] as const;
export type TicketState = (typeof TICKET_STATES)[number];

export const TICKET_PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export const ticketPrioritySchema = z.enum(TICKET_PRIORITIES);

/** Closed is not fixed: how it ended is said by one of these. */
export const TICKET_OUTCOMES = ['fixed', 'workaround', 'not-found', 'duplicate', 'not-ours', 'false-alarm'] as const;

const TICKET_RELATIONS = ['similar', 'duplicate'] as const;

export const TICKET_SOURCES = ['alarm', 'resident', 'patrol', 'staff', 'campaign', 'whistle'] as const;

const ticketFactBodySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('created'),
    communityId: idSchema,
    title: z.string().min(1).max(200),
    description: z.string().max(2_000),
    category: idSchema,
    priority: ticketPrioritySchema,
    source: z.enum(TICKET_SOURCES),
    location: locationSchema,
    alarmId: z.string().max(64).optional(),
    deviceId: idSchema.optional(),
  }),
  z.strictObject({ type: z.literal('taken') }),
  z.strictObject({ type: z.literal('assigned'), username: z.string().max(64) }),
  z.strictObject({ type: z.literal('started') }),
  z.strictObject({ type: z.literal('paused'), reason: noteSchema }),
  z.strictObject({ type: z.literal('resumed') }),
  z.strictObject({
    type: z.literal('resolved'),
    outcome: z.enum(TICKET_OUTCOMES),
    note: noteSchema.optional(),
    photoIds: z.array(z.string().max(64)).max(9).optional(),
  }),
  z.strictObject({ type: z.literal('closed'), note: noteSchema.optional() }),
  z.strictObject({ type: z.literal('reopened'), reason: noteSchema }),
  z.strictObject({ type: z.literal('cancelled'), reason: noteSchema }),
  z.strictObject({ type: z.literal('prioritised'), priority: ticketPrioritySchema, reason: noteSchema }),
  z.strictObject({ type: z.literal('commented'), text: noteSchema }),
  z.strictObject({ type: z.literal('photo-added'), photoId: z.string().max(64), sha256: z.string().length(64) }),
  /** The same trouble was seen before or elsewhere; `duplicate` says that the other one carries the work. */
  z.strictObject({ type: z.literal('linked'), ticketId: z.string().max(64), relation: z.enum(TICKET_RELATIONS) }),
  /** One more alarm of the same place and cause that this job answers. */
  z.strictObject({ type: z.literal('alarm-linked'), alarmId: z.string().max(64) }),
  z.strictObject({ type: z.literal('rated'), stars: z.number().int().min(1).max(5), text: noteSchema.optional() }),
]);
export type TicketFactBody = z.infer<typeof ticketFactBodySchema>;

const ticketFactSchema = z.strictObject({
  id: z.string().max(64),
  ticketId: z.string().max(64),
  /** Position in the ticket's log, from 0. */
  step: z.number().int().nonnegative(),
  at: instantSchema,
  author: z.strictObject({ type: z.enum(['person', 'resident', 'system']), id: z.string().max(64) }),
  body: ticketFactBodySchema,
});
export type TicketFact = z.infer<typeof ticketFactSchema>;

export interface Ticket {
  id: string;
  communityId: string;
  title: string;
  description: string;
  category: string;
  priority: (typeof TICKET_PRIORITIES)[number];
  source: (typeof TICKET_SOURCES)[number];
  location: z.infer<typeof locationSchema>;
  /** The alarm that made the ticket. */
  alarmId: string | null;
  /** Every alarm that the job answers, the first one included. */
  alarmIds: string[];
  deviceId: string | null;
  state: TicketState;
  owner: string | null;
  outcome: (typeof TICKET_OUTCOMES)[number] | null;
  pausedReason: string | null;
  createdAt: number;
  updatedAt: number;
  takenAt: number | null;
  startedAt: number | null;
  resolvedAt: number | null;
  closedAt: number | null;
  reopenedCount: number;
  photoIds: string[];
  links: { ticketId: string; relation: (typeof TICKET_RELATIONS)[number] }[];
  rating: { stars: number; text: string | null; at: number } | null;
  /**
   * Spans in ms by the given measure, without pauses: created → taken, → started, → resolved.
   * Null while not reached. A job solved without a visit counts as arrived when solved. Between
   * resolved and reopened nobody works, so that span does not count; `spentMs` is what ran until
   * `runningSinceAt`, from which the clock runs on (null: it stands).
   */
  clocks: {
    respondMs: number | null;
    arriveMs: number | null;
    solveMs: number | null;
    pausedMs: number;
    spentMs: number;
    runningSinceAt: number | null;
  };
}

/** How much of a span counts: all of it, or only what lies in a calendar's hours. In ms. */
export type Measure = (fromAt: number, toAt: number) => number;

const wallTime: Measure = (fromAt, toAt) => toAt - fromAt;

/** States in which the clocks run. */
export function isRunning(state: TicketState): boolean {
  return state === 'open' || state === 'taken' || state === 'working';
}

/** States in which there is still something to do. */
export function isUnfinished(state: TicketState): boolean {
  return isRunning(state) || state === 'paused';
}

/** The ticket that its log describes; facts may come in any order, `step` rules. */
export function foldTicket(facts: Iterable<TicketFact>, measure: Measure = wallTime): Ticket | undefined {
  const log = [...facts].sort((a, b) => a.step - b.step);
  const first = log[0];
  if (first?.body.type !== 'created') return undefined;
  const ticket = newTicket(first.ticketId, first.at, first.body);
  const { clocks } = ticket;
  let pause: { at: number; from: TicketState } | undefined;
  for (const fact of log.slice(1)) {
    const spentMs = clocks.spentMs + (clocks.runningSinceAt === null ? 0 : measure(clocks.runningSinceAt, fact.at));
    if (fact.body.type === 'paused') pause = { at: fact.at, from: ticket.state };
    applyFact(ticket, fact, spentMs);
    if (fact.body.type === 'resumed' && pause) ticket.state = pause.from;
    if (pause && ticket.state !== 'paused') {
      clocks.pausedMs += fact.at - pause.at;
      ticket.pausedReason = null;
      pause = undefined;
    }
    if (!isRunning(ticket.state)) {
      clocks.spentMs = spentMs;
      clocks.runningSinceAt = null;
    } else clocks.runningSinceAt ??= fact.at;
    ticket.updatedAt = fact.at;
  }
  return ticket;
}

function newTicket(id: string, at: number, body: Extract<TicketFactBody, { type: 'created' }>): Ticket {
  const { type: _, alarmId = null, deviceId = null, ...rest } = body;
  return {
    id,
    ...rest,
    alarmId,
    alarmIds: alarmId === null ? [] : [alarmId],
    deviceId,
    state: 'open',
    owner: null,
    outcome: null,
    pausedReason: null,
    createdAt: at,
    updatedAt: at,
    takenAt: null,
    startedAt: null,
    resolvedAt: null,
    closedAt: null,
    reopenedCount: 0,
    photoIds: [],
    links: [],
    rating: null,
    clocks: { respondMs: null, arriveMs: null, solveMs: null, pausedMs: 0, spentMs: 0, runningSinceAt: at },
  };
}

function applyFact(ticket: Ticket, fact: TicketFact, spentMs: number): void {
  const { body } = fact;
  switch (body.type) {
    case 'created':
    case 'commented':
      return;
    case 'taken':
    case 'assigned':
      ticket.owner = body.type === 'assigned' ? body.username : fact.author.id;
      // A paused job that changes hands still waits for the same thing.
      if (ticket.state !== 'paused') ticket.state = 'taken';
      ticket.takenAt ??= fact.at;
      ticket.clocks.respondMs ??= spentMs;
      return;
    case 'started':
      ticket.state = 'working';
      ticket.startedAt ??= fact.at;
      ticket.clocks.arriveMs ??= spentMs;
      return;
    case 'resumed':
      ticket.state = 'working';
      return;
    case 'paused':
      ticket.state = 'paused';
      ticket.pausedReason = body.reason;
      return;
    case 'resolved':
      ticket.state = 'resolved';
      ticket.outcome = body.outcome;
      ticket.resolvedAt = fact.at;
      ticket.clocks.arriveMs ??= spentMs;
      ticket.clocks.solveMs = spentMs;
      for (const photoId of body.photoIds ?? []) addOnce(ticket.photoIds, photoId);
      return;
    case 'closed':
    case 'cancelled':
      ticket.state = body.type;
      ticket.closedAt = fact.at;
      return;
    case 'reopened':
      Object.assign(ticket, { state: 'open', outcome: null, resolvedAt: null, closedAt: null });
      ticket.clocks.solveMs = null;
      ticket.reopenedCount += 1;
      return;
    case 'prioritised':
      ticket.priority = body.priority;
      return;
    case 'photo-added':
      addOnce(ticket.photoIds, body.photoId);
      return;
    case 'linked':
      if (!ticket.links.some((link) => link.ticketId === body.ticketId))
        ticket.links.push({ ticketId: body.ticketId, relation: body.relation });
      return;
    case 'alarm-linked':
      addOnce(ticket.alarmIds, body.alarmId);
      return;
    case 'rated':
      ticket.rating = { stars: body.stars, text: body.text ?? null, at: fact.at };
      return;
    default:
      unreachable(body);
  }
}

function addOnce(list: string[], item: string): void {
  if (!list.includes(item)) list.push(item);
}

/** From which states each fact may come. A fact not listed here is allowed in every state. */
export const TICKET_ALLOWED_FROM: Partial<Record<TicketFactBody['type'], readonly TicketState[]>> = {
  created: [],
  taken: ['open'],
  assigned: ['open', 'taken', 'working', 'paused'],
  started: ['taken'],
  paused: ['taken', 'working'],
  resumed: ['paused'],
  resolved: ['taken', 'working', 'paused'],
  closed: ['resolved'],
  reopened: ['resolved', 'closed', 'cancelled'],
  cancelled: ['open', 'taken', 'working', 'paused'],
  prioritised: ['open', 'taken', 'working', 'paused'],
  rated: ['resolved', 'closed'],
};

/** Whether the present state of a ticket allows a fact of this type. */
export function ticketAllows(state: TicketState, type: TicketFactBody['type']): boolean {
  return TICKET_ALLOWED_FROM[type]?.includes(state) ?? true;
}
