/** What people may do with a work order, and what that adds to its log. */
import { z } from 'zod';
import { noteSchema } from './text.ts';
import {
  TICKET_ALLOWED_FROM,
  TICKET_OUTCOMES,
  type Ticket,
  type TicketFactBody,
  type TicketState,
  ticketAllows,
  ticketPrioritySchema,
} from './ticket.ts';

/** What people may ask of a ticket. */
export const ticketActionSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('take') }),
  z.strictObject({ action: z.literal('assign'), username: z.string().min(1).max(64) }),
  z.strictObject({ action: z.literal('start') }),
  z.strictObject({ action: z.literal('pause'), reason: noteSchema }),
  z.strictObject({ action: z.literal('resume') }),
  z.strictObject({
    action: z.literal('resolve'),
    outcome: z.enum(TICKET_OUTCOMES).default('fixed'),
    note: noteSchema.optional(),
    photoIds: z.array(z.string().max(64)).max(9).optional(),
  }),
  z.strictObject({ action: z.literal('close'), note: noteSchema.optional() }),
  z.strictObject({ action: z.literal('reopen'), reason: noteSchema }),
  z.strictObject({ action: z.literal('cancel'), reason: noteSchema }),
  z.strictObject({
    action: z.literal('prioritise'),
    priority: ticketPrioritySchema,
    reason: noteSchema,
  }),
  z.strictObject({ action: z.literal('comment'), text: noteSchema }),
  z.strictObject({
    action: z.literal('rate'),
    stars: z.number().int().min(1).max(5),
    text: noteSchema.optional(),
  }),
]);
export type TicketAction = z.infer<typeof ticketActionSchema>;
export type TicketActionName = TicketAction['action'];

/** What an action adds to the log, or why the present state forbids it. Who may do it is the hub's question. */
export function decideTicket(
  ticket: Pick<Ticket, 'state'>,
  action: TicketAction,
): { ok: true; body: TicketFactBody } | { ok: false; reason: string } {
  const body = factOf(action);
  if (ticketAllows(ticket.state, body.type)) return { ok: true, body };
  const from = TICKET_ALLOWED_FROM[body.type]?.join(', ');
  return { ok: false, reason: `a ticket that is ${ticket.state} cannot be ${body.type}; it must be ${from}` };
}

function factOf(action: TicketAction): TicketFactBody {
  switch (action.action) {
    case 'take':
      return { type: 'taken' };
    case 'assign':
      return { type: 'assigned', username: action.username };
    case 'start':
      return { type: 'started' };
    case 'pause':
      return { type: 'paused', reason: action.reason };
    case 'resume':
      return { type: 'resumed' };
    case 'resolve': {
      const { action: _, ...said } = action;
      return { type: 'resolved', ...said };
    }
    case 'close':
      return { type: 'closed', ...(action.note ? { note: action.note } : {}) };
    case 'reopen':
      return { type: 'reopened', reason: action.reason };
    case 'cancel':
      return { type: 'cancelled', reason: action.reason };
    case 'prioritise':
      return { type: 'prioritised', priority: action.priority, reason: action.reason };
    case 'comment':
      return { type: 'commented', text: action.text };
    case 'rate':
      return { type: 'rated', stars: action.stars, ...(action.text ? { text: action.text } : {}) };
  }
}

const FACT_TYPE: Readonly<Record<TicketActionName, TicketFactBody['type']>> = {
  take: 'taken',
  assign: 'assigned',
  start: 'started',
  pause: 'paused',
  resume: 'resumed',
  resolve: 'resolved',
  close: 'closed',
  reopen: 'reopened',
  cancel: 'cancelled',
  prioritise: 'prioritised',
  comment: 'commented',
  rate: 'rated',
};

/** The actions that a state allows, in the order of a ticket's life. */
export function ticketActionsFrom(state: TicketState): TicketActionName[] {
  return (Object.keys(FACT_TYPE) as TicketActionName[]).filter((name) => ticketAllows(state, FACT_TYPE[name]));
}
