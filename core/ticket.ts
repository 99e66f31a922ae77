/**
 * A work order (工单) is a log of facts, like an alarm, but with one writer: the hub. State and
 * clocks are computed from the log on read, so a pause or a change of priority is never forgotten.
 */
import { z } from 'zod';
import { locationSchema } from './device.ts';
import { idSchema, instantSchema, noteSchema } from './text.ts';

export const TICKET_STATES = ['open', 'taken', 'working', 'paused', 'resolved', 'closed', 'cancelled'] as const;
export type TicketState = (typeof TICKET_STATES)[number];

export const TICKET_PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export const ticketPrioritySchema = z.enum(TICKET_PRIORITIES);

/** Closed is not fixed: how it ended is said by one of these. */
export const TICKET_OUTCOMES = ['fixed', 'workaround', 'not-found', 'duplicate', 'not-ours', 'false-alarm'] as const;

export const ticketFactBodySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('created'),
    communityId: idSchema,
    title: z.string().min(1).max(200),
    description: z.string().max(2_000),
    category: idSchema,
    priority: ticketPrioritySchema,
    source: z.enum(['alarm', 'resident', 'patrol', 'staff', 'campaign', 'whistle']),
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
  z.strictObject({ type: z.literal('rated'), stars: z.number().int().min(1).max(5), text: noteSchema.optional() }),
]);
export type TicketFactBody = z.infer<typeof ticketFactBodySchema>;

export const ticketFactSchema = z.strictObject({
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
  source: string;
  location: z.infer<typeof locationSchema>;
  alarmId: string | null;
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
  rating: { stars: number; text: string | null; at: number } | null;
  /** Spans in ms without pauses: created → taken, → started, → resolved. Null while not reached. */
  clocks: { respondMs: number | null; arriveMs: number | null; solveMs: number | null; pausedMs: number };
}

/** The ticket that its log describes; facts may come in any order, `step` rules. */
export function foldTicket(facts: Iterable<TicketFact>): Ticket | undefined {
  const log = [...facts].sort((a, b) => a.step - b.step);
  const first = log[0];
  if (first?.body.type !== 'created') return undefined;
  const { communityId, title, description, category, priority, source, location, alarmId, deviceId } = first.body;
  const ticket: Ticket = {
    id: first.ticketId,
    communityId,
    title,
    description,
    category,
    priority,
    source,
    location,
    alarmId: alarmId ?? null,
    deviceId: deviceId ?? null,
    state: 'open',
    owner: null,
    outcome: null,
    pausedReason: null,
    createdAt: first.at,
    updatedAt: first.at,
    takenAt: null,
    startedAt: null,
    resolvedAt: null,
    closedAt: null,
    reopenedCount: 0,
    photoIds: [],
    rating: null,
    clocks: { respondMs: null, arriveMs: null, solveMs: null, pausedMs: 0 },
  };
  let pausedAt: number | null = null;
  for (const fact of log.slice(1)) {
    if (pausedAt !== null && endsPause(fact.body.type)) {
      ticket.clocks.pausedMs += fact.at - pausedAt;
      pausedAt = null;
    }
    if (fact.body.type === 'paused') pausedAt = fact.at;
    applyFact(ticket, fact);
    ticket.updatedAt = fact.at;
  }
  return ticket;
}

function endsPause(type: TicketFactBody['type']): boolean {
  return type === 'resumed' || type === 'started' || type === 'resolved' || type === 'cancelled' || type === 'closed';
}

function applyFact(ticket: Ticket, fact: TicketFact): void {
  const spentMs = fact.at - ticket.createdAt - ticket.clocks.pausedMs;
  const { body } = fact;
  switch (body.type) {
    case 'created':
    case 'commented':
      return;
    case 'taken':
    case 'assigned':
      ticket.owner = body.type === 'assigned' ? body.username : fact.author.id;
      ticket.state = 'taken';
      ticket.takenAt ??= fact.at;
      ticket.clocks.respondMs ??= spentMs;
      return;
    case 'started':
    case 'resumed':
      ticket.state = 'working';
      ticket.pausedReason = null;
      ticket.startedAt ??= fact.at;
      ticket.clocks.arriveMs ??= spentMs;
      return;
    case 'paused':
      ticket.state = 'paused';
      ticket.pausedReason = body.reason;
      return;
    case 'resolved':
      ticket.state = 'resolved';
      ticket.outcome = body.outcome;
      ticket.pausedReason = null;
      ticket.resolvedAt = fact.at;
      ticket.clocks.solveMs = spentMs;
      ticket.photoIds.push(...(body.photoIds ?? []));
      return;
    case 'closed':
      ticket.state = 'closed';
      ticket.closedAt = fact.at;
      return;
    case 'reopened':
      Object.assign(ticket, { state: 'open', outcome: null, resolvedAt: null, closedAt: null });
      ticket.clocks.solveMs = null;
      ticket.reopenedCount += 1;
      return;
    case 'cancelled':
      ticket.state = 'cancelled';
      ticket.closedAt = fact.at;
      return;
    case 'prioritised':
      ticket.priority = body.priority;
      return;
    case 'photo-added':
      ticket.photoIds.push(body.photoId);
      return;
    case 'rated':
      ticket.rating = { stars: body.stars, text: body.text ?? null, at: fact.at };
      return;
  }
}

/** From which states each action may be taken. An action not listed here is allowed in every state. */
const ALLOWED_FROM: Partial<Record<TicketFactBody['type'], readonly TicketState[]>> = {
  taken: ['open'],
  assigned: ['open', 'taken', 'working', 'paused'],
  started: ['taken'],
  paused: ['taken', 'working'],
  resumed: ['paused'],
  resolved: ['taken', 'working', 'paused'],
  closed: ['resolved'],
  reopened: ['resolved', 'closed'],
  cancelled: ['open', 'taken', 'working', 'paused'],
  rated: ['resolved', 'closed'],
};

/** Whether the present state of a ticket allows a fact of this type. */
export function ticketAllows(state: TicketState, type: TicketFactBody['type']): boolean {
  if (type === 'created') return false;
  return ALLOWED_FROM[type]?.includes(state) ?? true;
}
