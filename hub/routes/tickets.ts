/** Work orders (工单): list, make, look into, act, photos. */
import { z } from 'zod';
import { locationSchema } from '../../core/device.ts';
import { AppError } from '../../core/errors.ts';
import { idSchema } from '../../core/text.ts';
import { type Ticket, ticketPrioritySchema } from '../../core/ticket.ts';
import { ticketActionSchema, ticketActionsFrom } from '../../core/ticket-action.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { assertCommunity, listScope, seenOr404, type Viewer } from '../plugins/viewer.ts';
import { categorySchema, TICKET_CATEGORIES } from '../policies/categories.ts';
import { ticketHistoryItem, ticketItem } from '../tickets/item.ts';
import { listTickets, ticketListSchema } from '../tickets/list.ts';
import { keepPhoto, PHOTO_LIMITS } from '../tickets/photos.ts';
import { canOwn, refuseTicketRight, type TicketRight } from '../tickets/rights.ts';
import type { TicketTables } from '../tickets/tables.ts';
import { addMultipart, readForm } from '../tickets/upload.ts';

const newTicketSchema = z.strictObject({
  communityId: idSchema,
  title: z.string().trim().min(1).max(200),
  description: z.string().trim().max(2_000).default(''),
  category: categorySchema.default('other'),
  priority: ticketPrioritySchema.default('normal'),
  source: z.enum(['staff', 'patrol']).default('staff'),
  location: locationSchema.default({}),
  alarmId: z.string().max(64).optional(),
  deviceId: idSchema.optional(),
});

const paramsSchema = z.strictObject({ id: z.string().max(64) });

const tickets: RoutePlugin = async (app, { services }) => {
  const { records, policies, clock, evidence, newId, alarms } = services;
  const db = records.db.withTables<TicketTables>();
  const schema = { tags: ['tickets'] };
  await addMultipart(app);

  app.get(
    '/api/tickets',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'Work orders, newest first', querystring: ticketListSchema },
    },
    async ({ viewer, query }) => {
      const now = clock.now();
      const scope = listScope(viewer, query.communityId);
      const page = await listTickets(db, query, { scope, me: viewer.username, now });
      const policy = policies.get('sla');
      return { items: page.rows.map((row) => ticketItem({ ...row, policy, now })), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/api/ticket-categories',
    { config: { access: 'public' }, schema: { ...schema, summary: 'What a work order may be about' } },
    async () => ({ items: Object.entries(TICKET_CATEGORIES).map(([id, title]) => ({ id, title })), nextCursor: null }),
  );

  app.post(
    '/api/tickets',
    { config: { access: 'signed-in' }, schema: { ...schema, summary: 'Make a work order', body: newTicketSchema } },
    async ({ viewer, body }, reply) => {
      assertCommunity(viewer, body.communityId);
      if ((await typeOfCommunity(body.communityId)) === '')
        throw new AppError('unprocessable', 'there is no such community');
      await assertRight(viewer, 'create', body.communityId);
      if (body.alarmId !== undefined) await assertFreeAlarm(viewer, body.alarmId, body.communityId);
      const { alarmId, deviceId, ...rest } = body;
      const ticket = await services.tickets.create({
        ticket: { ...rest, ...(alarmId ? { alarmId } : {}), ...(deviceId ? { deviceId } : {}) },
        author: { type: 'person', id: viewer.username },
      });
      if (alarmId !== undefined)
        await alarms.state({
          alarmId,
          body: { type: 'ticket-linked', ticketId: ticket.id },
          author: { type: 'person', id: viewer.username },
          id: `ticket-linked-${alarmId}`,
        });
      return reply.code(201).send(await detail(viewer, ticket.id));
    },
  );

  app.get(
    '/api/tickets/:id',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'One work order with its history and clocks', params: paramsSchema },
    },
    async ({ viewer, params }) => detail(viewer, params.id),
  );

  app.post(
    '/api/tickets/:id/actions',
    {
      config: { access: 'signed-in' },
      schema: {
        ...schema,
        summary: 'Take, assign, start, pause, resume, resolve, close, …',
        params: paramsSchema,
        body: ticketActionSchema,
      },
    },
    async ({ viewer, params, body }) => {
      const seen = seenOr404(viewer, await services.tickets.get(params.id), 'ticket');
      const communityType = await typeOfCommunity(seen.communityId);
      if (body.action === 'assign') await assertCanOwn(body.username, seen.communityId, communityType);
      if (body.action === 'resolve') await assertOwnPhotos(seen.id, body.photoIds ?? []);
      await services.tickets.act({
        ticketId: seen.id,
        action: body,
        author: { type: 'person', id: viewer.username },
        mayAct: (ticket) => {
          const priority = body.action === 'prioritise' ? { priority: body.priority } : {};
          const refusal = refuseTicketRight({ person: viewer, right: body.action, ticket, communityType, ...priority });
          if (refusal) throw new AppError('forbidden', refusal);
        },
      });
      return detail(viewer, seen.id);
    },
  );

  app.post(
    '/api/tickets/:id/photos',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'Add photos (multipart/form-data)', params: paramsSchema },
    },
    async (request, reply) => {
      const { viewer } = request;
      const { id } = paramsSchema.parse(request.params);
      const ticket = seenOr404(viewer, await services.tickets.get(id), 'ticket');
      await assertRight(viewer, 'add-photo', ticket.communityId, ticket);
      const { files } = await readForm(request);
      if (files.length === 0) throw new AppError('unprocessable', 'the form holds no photo');
      if (ticket.photoIds.length + files.length > PHOTO_LIMITS.perTicketMax)
        throw new AppError('conflict', `a ticket holds at most ${PHOTO_LIMITS.perTicketMax} photos`);
      for (const bytes of files) {
        const photo = await keepPhoto({ evidence, newId, bytes });
        await db
          .insertInto('ticketPhotos')
          .values({ ...photo, ticketId: id, at: clock.now() })
          .execute();
        const body = { type: 'photo-added', photoId: photo.id, sha256: photo.sha256 } as const;
        await services.tickets.state({ ticketId: id, body, author: { type: 'person', id: viewer.username } });
      }
      return reply.code(201).send(await detail(viewer, id));
    },
  );

  app.get(
    '/api/tickets/:id/photos/:photoId',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'One photo', params: paramsSchema.extend({ photoId: z.string().max(64) }) },
    },
    async ({ viewer, params }, reply) => {
      const ticket = seenOr404(viewer, await services.tickets.get(params.id), 'ticket');
      const photo = await db
        .selectFrom('ticketPhotos')
        .select('sha256')
        .where('id', '=', params.photoId)
        .where('ticketId', '=', ticket.id)
        .executeTakeFirst();
      const file = photo && (await evidence.open(photo.sha256));
      if (!file) throw new AppError('not-found', 'there is no such photo');
      return reply.type('image/jpeg').header('cache-control', 'private, max-age=86400').send(file.stream);
    },
  );

  async function detail(viewer: Viewer, id: string) {
    const item = seenOr404(viewer, await services.tickets.item(id), 'ticket');
    const facts = await services.tickets.facts(id);
    return { ...item, history: facts.map(ticketHistoryItem), mayDo: await actionsOf(viewer, item) };
  }

  /** What this viewer may do now, so that a console shows no button that answers 403. */
  async function actionsOf(viewer: Viewer, ticket: Pick<Ticket, 'state' | 'owner' | 'priority' | 'communityId'>) {
    const communityType = await typeOfCommunity(ticket.communityId);
    return ticketActionsFrom(ticket.state).filter(
      (right) => refuseTicketRight({ person: viewer, right, ticket, communityType }) === undefined,
    );
  }

  async function assertRight(viewer: Viewer, right: TicketRight, communityId: string, ticket?: Ticket): Promise<void> {
    const communityType = await typeOfCommunity(communityId);
    const refusal = refuseTicketRight({ person: viewer, right, communityType, ...(ticket ? { ticket } : {}) });
    if (refusal) throw new AppError('forbidden', refusal);
  }

  async function typeOfCommunity(communityId: string): Promise<string> {
    const row = await db.selectFrom('communities').select('type').where('id', '=', communityId).executeTakeFirst();
    return row?.type ?? '';
  }

  async function assertFreeAlarm(viewer: Viewer, alarmId: string, communityId: string): Promise<void> {
    const alarm = seenOr404(viewer, await alarms.get(alarmId), 'alarm');
    if (alarm.communityId !== communityId) throw new AppError('unprocessable', 'the alarm is of another community');
    if (alarm.ticketId !== null)
      throw new AppError('conflict', 'the alarm has a ticket already', { details: { ticketId: alarm.ticketId } });
  }

  async function assertCanOwn(username: string, communityId: string, communityType: string): Promise<void> {
    const user = await db
      .selectFrom('users')
      .select(['role', 'communityIds'])
      .where('username', '=', username)
      .where('disabledAt', 'is', null)
      .executeTakeFirst();
    const works =
      user && canOwn(user.role, communityType) && (JSON.parse(user.communityIds) as string[]).includes(communityId);
    if (!works) throw new AppError('unprocessable', 'the assignee does not work in this community');
  }

  async function assertOwnPhotos(ticketId: string, photoIds: string[]): Promise<void> {
    if (photoIds.length === 0) return;
    const rows = await db
      .selectFrom('ticketPhotos')
      .select('id')
      .where('ticketId', '=', ticketId)
      .where('id', 'in', photoIds)
      .execute();
    if (rows.length !== new Set(photoIds).size)
      throw new AppError('unprocessable', 'a photo is not one of this ticket');
  }
};

export default tickets;
