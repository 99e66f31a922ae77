/** Lists of work orders: filters over indexed columns, newest first, pages by the key of the last row. */
import { sql } from 'kysely';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { idSchema, instantSchema } from '../../core/text.ts';
import { TICKET_SOURCES, TICKET_STATES, type Ticket, ticketPrioritySchema } from '../../core/ticket.ts';
import type { TicketDb } from './projection.ts';

/** One value or several with commas between. */
function listOf<T extends string>(values: readonly [T, ...T[]]) {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(values)).min(1).max(20));
}

export const ticketListSchema = z.strictObject({
  state: listOf(TICKET_STATES).optional().describe('One or several with commas'),
  communityId: idSchema.optional(),
  owner: z.string().max(64).optional().describe('A user name, `me`, or `none`'),
  category: idSchema.optional(),
  priority: listOf(ticketPrioritySchema.options as [string, ...string[]]).optional(),
  source: listOf(TICKET_SOURCES).optional(),
  overdue: z.enum(['true', 'false']).optional(),
  alarmId: z.string().max(64).optional(),
  deviceId: idSchema.optional(),
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .describe('Words of the title, the description or the place, or a number'),
  from: z.coerce.number().pipe(instantSchema).optional(),
  to: z.coerce.number().pipe(instantSchema).optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.pageItemsMax).default(50),
  cursor: z.string().max(200).optional(),
});
export type TicketListQuery = z.output<typeof ticketListSchema>;

export interface TicketPage {
  rows: { ticket: Ticket; number: number }[];
  nextCursor: string | null;
}

/** `scope` are the communities that the asker may see; undefined means all. */
export async function listTickets(
  db: TicketDb,
  query: TicketListQuery,
  { scope, me, now }: { scope: readonly string[] | undefined; me: string; now: number },
): Promise<TicketPage> {
  if (scope?.length === 0) return { rows: [], nextCursor: null };
  let select = db.selectFrom('tickets').select(['id', 'number', 'createdAt', 'ticket']);
  if (scope) select = select.where('communityId', 'in', scope);
  if (query.state) select = select.where('state', 'in', query.state);
  if (query.priority) select = select.where('priority', 'in', query.priority);
  if (query.source) select = select.where('source', 'in', query.source);
  if (query.category) select = select.where('category', '=', query.category);
  if (query.deviceId) select = select.where('deviceId', '=', query.deviceId);
  if (query.owner === 'none') select = select.where('owner', 'is', null);
  else if (query.owner !== undefined) select = select.where('owner', '=', query.owner === 'me' ? me : query.owner);
  if (query.overdue === 'true') select = select.where('dueAt', '<=', now);
  if (query.overdue === 'false') select = select.where((eb) => eb.or([eb('dueAt', 'is', null), eb('dueAt', '>', now)]));
  if (query.from !== undefined) select = select.where('createdAt', '>=', query.from);
  if (query.to !== undefined) select = select.where('createdAt', '<', query.to);
  if (query.alarmId !== undefined) {
    const alarmId = query.alarmId;
    select = select.where('id', 'in', (eb) =>
      eb.selectFrom('ticketAlarms').select('ticketId').where('alarmId', '=', alarmId),
    );
  }
  if (query.q !== undefined) {
    const q = query.q;
    select = select.where((eb) =>
      eb.or([
        eb('search', 'like', sql<string>`${`%${escapeLike(q.toLowerCase())}%`} escape '\\'`),
        ...(/^\d{1,9}$/.test(q) ? [eb('number', '=', Number(q))] : []),
      ]),
    );
  }
  if (query.cursor !== undefined) {
    const { at, id } = readCursor(query.cursor);
    select = select.where((eb) =>
      eb.or([eb('createdAt', '<', at), eb.and([eb('createdAt', '=', at), eb('id', '<', id)])]),
    );
  }
  const rows = await select
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    rows: page.map(({ ticket, number }) => ({ ticket: JSON.parse(ticket) as Ticket, number })),
    nextCursor: last ? Buffer.from(JSON.stringify([last.createdAt, last.id])).toString('base64url') : null,
  };
}

function readCursor(cursor: string): { at: number; id: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [at, id] = z.tuple([instantSchema, z.string().max(64)]).parse(value);
    return { at, id };
  } catch {
    throw new AppError('unprocessable', 'the cursor is not one that a list of tickets gave: start without it', {
      details: [{ in: 'querystring', path: '/cursor', message: 'is not a cursor' }],
    });
  }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}
