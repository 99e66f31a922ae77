/** The public information board of a community, and the notices on it. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { idSchema, instantSchema } from '../../core/text.ts';
import type { Ticket } from '../../core/ticket.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { assertCommunity, maySee } from '../plugins/viewer.ts';
import { boardFigures, publicTickets } from '../public/board.ts';
import type { TicketTables } from '../tickets/tables.ts';

const WINDOW_MS = 30 * 24 * 3_600_000;
/** Screens at the gate ask often; the figures move slowly. */
const FRESH_MS = 15_000;
const TICKETS_MAX = 5_000;

type BoardTables = {
  boardNotices: {
    id: string;
    /** Null: every community of the street. */
    communityId: string | null;
    title: string;
    body: string;
    fromAt: number;
    untilAt: number | null;
    createdAt: number;
    createdBy: string;
  };
};

const noticeSchema = z.strictObject({
  communityId: idSchema.nullable(),
  title: z.string().trim().min(1).max(100),
  body: z.string().trim().max(4_000).default(''),
  fromAt: instantSchema.optional(),
  untilAt: instantSchema.nullable().default(null),
});

const board: RoutePlugin = async (app, { services }) => {
  const { records, clock, policies, newId, audit } = services;
  const db = records.db.withTables<TicketTables>().withTables<BoardTables>();
  const cache = new Map<string, { at: number; body: Promise<unknown> }>();
  const schema = { tags: ['public'] };

  app.get(
    '/api/public/board/:communityId',
    {
      config: { access: 'public', rateLimit: { max: 300, timeWindow: 60_000 } },
      schema: {
        ...schema,
        summary: 'The public information board (信息公开栏)',
        params: z.strictObject({ communityId: idSchema }),
      },
    },
    async ({ params: { communityId } }, reply) => {
      const known = cache.get(communityId);
      reply.header('cache-control', 'public, max-age=15');
      if (known && clock.now() - known.at < FRESH_MS) return known.body;
      const community = await db.selectFrom('communities').selectAll().where('id', '=', communityId).executeTakeFirst();
      if (!community) throw new AppError('not-found', 'there is no such community');
      const body = compute(community);
      cache.set(communityId, { at: clock.now(), body });
      body.catch(() => cache.delete(communityId));
      return body;
    },
  );

  app.get(
    '/api/board-notices',
    { config: { access: 'signed-in' }, schema: { ...schema, summary: 'Notices, the ended ones too' } },
    async ({ viewer }) => {
      const rows = await db.selectFrom('boardNotices').selectAll().orderBy('createdAt', 'desc').limit(500).execute();
      return { items: rows.filter((row) => maySee(viewer, row.communityId)), nextCursor: null };
    },
  );

  app.post(
    '/api/board-notices',
    {
      config: { access: ['property', 'committee', 'street', 'admin'] },
      schema: { ...schema, summary: 'Put a notice on the board', body: noticeSchema },
    },
    async ({ viewer, body }, reply) => {
      if (body.communityId !== null) assertCommunity(viewer, body.communityId);
      else if (viewer.communityIds !== 'all')
        throw new AppError('forbidden', 'only the street speaks to every community');
      const createdAt = clock.now();
      const notice = { ...body, id: newId(), fromAt: body.fromAt ?? createdAt, createdAt, createdBy: viewer.username };
      await db.insertInto('boardNotices').values(notice).execute();
      cache.clear();
      await told(viewer.username, 'board-notice.made', notice);
      return reply.code(201).send(notice);
    },
  );

  app.delete(
    '/api/board-notices/:id',
    {
      config: { access: ['property', 'committee', 'street', 'admin'] },
      schema: { ...schema, summary: 'Take a notice off the board', params: z.strictObject({ id: z.string().max(64) }) },
    },
    async ({ viewer, params: { id } }, reply) => {
      const notice = await db.selectFrom('boardNotices').selectAll().where('id', '=', id).executeTakeFirst();
      const mine =
        notice && (notice.communityId === null ? viewer.communityIds === 'all' : maySee(viewer, notice.communityId));
      if (!notice || !mine) throw new AppError('not-found', 'there is no such notice');
      await db.deleteFrom('boardNotices').where('id', '=', id).execute();
      cache.clear();
      await told(viewer.username, 'board-notice.removed', notice);
      return reply.code(204).send();
    },
  );

  async function compute(community: { id: string; name: string; type: string }) {
    const now = clock.now();
    const ofCommunity = db.selectFrom('tickets').where('communityId', '=', community.id);
    const count = (select: typeof ofCommunity) =>
      select.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
    const unfinished = ofCommunity.where('state', 'in', ['open', 'taken', 'working', 'paused']);
    const rows = await ofCommunity
      .select(['ticket', 'number'])
      .where('createdAt', '>=', now - WINDOW_MS)
      .orderBy('createdAt', 'desc')
      .limit(TICKETS_MAX)
      .execute();
    const recent = rows.map(({ ticket, number }) => ({ ticket: JSON.parse(ticket) as Ticket, number }));
    const figures = boardFigures(
      recent.map(({ ticket }) => ticket),
      policies.get('sla'),
      now,
    );
    return {
      community: { id: community.id, name: community.name, type: community.type },
      at: now,
      windowDays: WINDOW_MS / (24 * 3_600_000),
      counts: {
        open: Number((await count(unfinished)).count),
        closed: Number((await count(ofCommunity.where('state', '=', 'closed'))).count),
        overdue: Number((await count(unfinished.where('dueAt', '<=', now))).count),
        createdInWindow: figures.created,
        closedInWindow: figures.closed,
      },
      onTimeRate: figures.onTimeRate,
      rates: figures.rates,
      latest: publicTickets(recent),
      notices: await notices(community.id, now),
    };
  }

  async function notices(communityId: string, now: number) {
    return db
      .selectFrom('boardNotices')
      .select(['id', 'title', 'body', 'fromAt', 'untilAt'])
      .where((eb) => eb.or([eb('communityId', '=', communityId), eb('communityId', 'is', null)]))
      .where('fromAt', '<=', now)
      .where((eb) => eb.or([eb('untilAt', 'is', null), eb('untilAt', '>', now)]))
      .orderBy('fromAt', 'desc')
      .limit(20)
      .execute();
  }

  async function told(
    username: string,
    action: string,
    notice: { id: string; communityId: string | null },
  ): Promise<void> {
    const { id, communityId } = notice;
    await audit.add({
      actor: { type: 'person', id: username },
      action,
      target: { type: 'board-notice', id },
      communityId,
    });
  }
};

export default board;
