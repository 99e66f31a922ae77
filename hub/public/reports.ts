/**
 * Residents' reports (一键报事). In: a form with no login. Out: a ticket, and a token that is the only
 * key to it: 160 random bits, of which the hub keeps the hash. What a report shows is masked.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { locationSchema, locationTitle } from '../../core/device.ts';
import { idSchema } from '../../core/text.ts';
import type { Ticket, TicketFact, TicketFactBody } from '../../core/ticket.ts';
import { ticketAllows } from '../../core/ticket.ts';
import { categorySchema } from '../policies/categories.ts';
import { type SlaPolicy, slaOf } from '../policies/sla.ts';
import { maskText } from './mask.ts';

const short = z.string().trim().max(60);
const blankIsAbsent = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === 'string' && value.trim() === '' ? undefined : value), schema.optional());

/** A form carries an object as text; what is no JSON stays as it is and fails its schema. */
function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.trim() === '') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The fields of the form. Everything beside the community and a few words may stay empty. */
export const reportFormSchema = z
  .strictObject({
    communityId: idSchema,
    description: blankIsAbsent(z.string().trim().max(2_000)),
    title: blankIsAbsent(z.string().trim().max(100)),
    category: blankIsAbsent(categorySchema),
    /** The place in one piece, as JSON, for callers who have it so. */
    location: z.preprocess(parseJson, locationSchema.optional()),
    building: blankIsAbsent(short.max(20)),
    unit: blankIsAbsent(short.max(20)),
    floor: blankIsAbsent(z.coerce.number().int().min(-10).max(200)),
    room: blankIsAbsent(short.max(20)),
    spot: blankIsAbsent(short),
    name: blankIsAbsent(short),
    phone: blankIsAbsent(
      z
        .string()
        .trim()
        .regex(/^\+?[0-9 -]{5,20}$/, 'is not a phone number'),
    ),
  })
  .refine((form) => form.description !== undefined || form.title !== undefined, {
    message: 'say in a few words what is wrong',
    path: ['description'],
  });
export type ReportForm = z.output<typeof reportFormSchema>;

/** What of the form becomes the ticket; name and phone are kept apart from it. */
export function ticketOfReport(form: ReportForm) {
  const { building, unit, floor, room, spot } = form;
  const given = { building, unit, floor, room, spot };
  const description = form.description ?? '';
  return {
    communityId: form.communityId,
    title: form.title ?? [...description].slice(0, 40).join(''),
    description,
    category: form.category ?? 'other',
    priority: 'normal' as const,
    source: 'resident' as const,
    location: {
      ...form.location,
      ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Ticket['location']),
    },
  };
}

export function hashReportToken(token: string): string {
  return createHash('sha256').update(`linli report ${token}`).digest('base64url');
}

/** Steps that a resident sees; the rest (comments, links, changes of priority) is the staff's own. */
const SHOWN: ReadonlySet<TicketFactBody['type']> = new Set([
  'created',
  'taken',
  'assigned',
  'started',
  'paused',
  'resumed',
  'resolved',
  'closed',
  'reopened',
  'cancelled',
  'rated',
]);

export function reportView(options: {
  ticket: Ticket;
  number: number;
  facts: readonly TicketFact[];
  policy: SlaPolicy;
  now: number;
  token: string;
}) {
  const { ticket, number, facts, policy, now, token } = options;
  const sla = slaOf(policy, ticket, now);
  return {
    number,
    communityId: ticket.communityId,
    title: maskText(ticket.title),
    description: maskText(ticket.description),
    category: ticket.category,
    place: locationTitle(ticket.location),
    state: ticket.state,
    outcome: ticket.outcome,
    createdAt: ticket.createdAt,
    updatedAt: ticket.updatedAt,
    resolvedAt: ticket.resolvedAt,
    closedAt: ticket.closedAt,
    promised: { respondDueAt: sla.respond.dueAt, solveDueAt: sla.solve.dueAt },
    overdue: Object.values(sla).some((clock) => clock.state === 'late'),
    progress: facts.filter((fact) => SHOWN.has(fact.body.type)).map(progressLine),
    photos: ticket.photoIds.map((id) => ({ id, url: `/api/public/reports/${token}/photos/${id}` })),
    rating: ticket.rating && { ...ticket.rating, text: ticket.rating.text && maskText(ticket.rating.text) },
    canRate: ticketAllows(ticket.state, 'rated'),
    canReopen: mayReopen(ticket, policy, now),
  };
}

/** A report may be opened again until some time after it ended. */
export function mayReopen(ticket: Ticket, policy: SlaPolicy, now: number): boolean {
  const endedAt = ticket.closedAt ?? ticket.resolvedAt;
  return ticketAllows(ticket.state, 'reopened') && endedAt !== null && now - endedAt <= policy.reopenWithinMs;
}

function progressLine({ at, author, body }: TicketFact) {
  const who = author.type === 'person' ? 'staff' : author.type;
  return { at, what: body.type, who, text: textOf(body) };
}

function textOf(body: TicketFactBody): string | null {
  switch (body.type) {
    case 'paused':
    case 'reopened':
    case 'cancelled':
      return maskText(body.reason);
    case 'resolved':
    case 'closed':
      return body.note ? maskText(body.note) : null;
    default:
      return null;
  }
}
