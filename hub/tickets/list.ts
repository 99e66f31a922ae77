/** Lists of work orders: filters over indexed columns, newest first, pages by the key of the last row. */
import { sql } from 'kysely';
import { z } from 'zod';
import { idSchema } from '../../core/text.ts';
import { TICKET_PRIORITIES, TICKET_SOURCES, TICKET_STATES, type Ticket } from '../../core/ticket.ts';
import { behindCursor, cutPage, instantQuery, listQuery, pageQuery } from '../plugins/lists.ts';
import type { TicketDb } from './projection.ts';

export const ticketListSchema = z.strictObject({
  state: listQuery(TICKET_STATES).optional().describe('One or several with commas'),
  communityId: idSchema.optional(),
  owner: z.string().max(64).optional().describe('A user name, `me`, or `none`'),
  category: idSchema.optional(),
  priority: listQuery(TICKET_PRIORITIES).optional(),
  source: listQuery(TICKET_SOURCES).optional(),
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
  from: instantQuery.optional(),
  to: instantQuery.optional(),
  ...pageQuery,
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
  if (query.state?.length) select = select.where('state', 'in', query.state);
  if (query.priority?.length) select = select.where('priority', 'in', query.priority);
  if (query.source?.length) select = select.where('source', 'in', query.source);
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
  const rows = await select
    .where(behindCursor(query.cursor, 'createdAt'))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const page = cutPage(rows, query.limit, (row) => [row.createdAt, row.id]);
  return {
    rows: page.items.map(({ ticket, number }) => ({ ticket: JSON.parse(ticket) as Ticket, number })),
    nextCursor: page.nextCursor,
  };
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}
