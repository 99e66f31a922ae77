/** Residents' reports: make one, see its progress, rate it, open it again. No login; the token is the key. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { newSecret } from '../../core/ids.ts';
import { noteSchema } from '../../core/text.ts';
import type { TicketAction } from '../../core/ticket-action.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import {
  hashReportToken,
  mayReopen,
  type ReportForm,
  reportFormSchema,
  reportView,
  ticketOfReport,
} from '../public/reports.ts';
import { keepPhoto, type Photo } from '../tickets/photos.ts';
import type { TicketTables } from '../tickets/tables.ts';
import { addMultipart, readForm } from '../tickets/upload.ts';

/** Per address. A block of flats may share one, so a whole stairwell must fit in. */
const REPORTS_LIMIT = { max: 30, timeWindow: 10 * 60_000 };
const LOOKS_LIMIT = { max: 300, timeWindow: 60_000 };

const paramsSchema = z.strictObject({ token: z.string().max(100) });

const publicReports: RoutePlugin = async (app, { services }) => {
  const { records, clock, evidence, newId, policies, metrics } = services;
  const db = records.db.withTables<TicketTables>();
  const schema = { tags: ['public'] };
  const open = { access: 'public', rateLimit: LOOKS_LIMIT } as const;
  await addMultipart(app);

  app.post(
    '/api/public/reports',
    {
      config: { access: 'public', rateLimit: REPORTS_LIMIT },
      schema: {
        ...schema,
        summary: 'Report something (一键报事)',
        description:
          'multipart/form-data or JSON: communityId, description, and optionally title, category, building, unit, floor, room, spot, name, phone; up to 4 photos. The answer alone shows the token.',
      },
    },
    async (request, reply) => {
      const { form, files } = await readReport(request);
      const known = await db
        .selectFrom('communities')
        .select('id')
        .where('id', '=', form.communityId)
        .executeTakeFirst();
      if (!known)
        throw new AppError('unprocessable', 'there is no such community', {
          details: [{ in: 'body', path: '/communityId', message: 'is not a community' }],
        });
      // Photos come first: a file that is no picture must not leave a report without its photos.
      const photos: Photo[] = [];
      for (const bytes of files) photos.push(await keepPhoto({ evidence, newId, bytes }));
      const author = { type: 'resident', id: 'reporter' } as const;
      const token = newSecret();
      const report = { tokenHash: hashReportToken(token), name: form.name ?? null, phone: form.phone ?? null };
      const ticket = await services.tickets.create({
        ticket: ticketOfReport(form),
        author,
        // A ticket whose token was lost could not be followed by anybody.
        async also(trx, ticketId) {
          await trx
            .insertInto('residentReports')
            .values({ ...report, ticketId, createdAt: clock.now() })
            .execute();
          for (const photo of photos)
            await trx
              .insertInto('ticketPhotos')
              .values({ ...photo, ticketId, at: clock.now() })
              .execute();
        },
      });
      for (const { id, sha256 } of photos) {
        const body = { type: 'photo-added', photoId: id, sha256 } as const;
        await services.tickets.state({ ticketId: ticket.id, body, author });
      }
      return reply.code(201).send({ token, ticketId: ticket.id, url: `/api/public/reports/${token}` });
    },
  );

  app.get(
    '/api/public/reports/:token',
    { config: open, schema: { ...schema, summary: 'How far it is', params: paramsSchema } },
    async ({ params: { token } }) => view(token),
  );

  app.post(
    '/api/public/reports/:token/rate',
    {
      config: open,
      schema: {
        ...schema,
        summary: 'Rate the result: 1 to 5 stars',
        params: paramsSchema,
        body: z.strictObject({ stars: z.number().int().min(1).max(5), text: noteSchema.optional() }),
      },
    },
    async ({ params: { token }, body }) => act(token, { action: 'rate', ...body }),
  );

  app.post(
    '/api/public/reports/:token/reopen',
    {
      config: open,
      schema: {
        ...schema,
        summary: 'It is not fixed',
        params: paramsSchema,
        body: z.strictObject({ reason: noteSchema }),
      },
    },
    async ({ params: { token }, body }) => act(token, { action: 'reopen', ...body }),
  );

  app.get(
    '/api/public/reports/:token/photos/:photoId',
    {
      config: open,
      schema: { ...schema, summary: 'One photo', params: paramsSchema.extend({ photoId: z.string().max(64) }) },
    },
    async ({ params: { token, photoId } }, reply) => {
      const ticketId = await ticketIdOf(token);
      const photo = await db
        .selectFrom('ticketPhotos')
        .select('sha256')
        .where('id', '=', photoId)
        .where('ticketId', '=', ticketId)
        .executeTakeFirst();
      const file = photo && (await evidence.open(photo.sha256));
      if (!file) throw new AppError('not-found', 'there is no such photo');
      return reply.type('image/jpeg').send(file.stream);
    },
  );

  async function act(token: string, action: TicketAction) {
    const ticketId = await ticketIdOf(token);
    await services.tickets.act({
      ticketId,
      action,
      author: { type: 'resident', id: 'reporter' },
      mayAct: (ticket) => {
        const ended = ticket.state === 'closed' || ticket.state === 'cancelled';
        if (action.action === 'reopen' && ended && !mayReopen(ticket, policies.get('sla'), clock.now()))
          throw new AppError('conflict', 'it ended too long ago to be opened again: make another report');
      },
    });
    return view(token);
  }

  async function view(token: string) {
    const ticketId = await ticketIdOf(token);
    const ticket = await services.tickets.get(ticketId);
    const item = await services.tickets.item(ticketId);
    if (!ticket || !item) throw new AppError('not-found', 'there is no such report');
    const facts = await services.tickets.facts(ticketId);
    return reportView({ ticket, number: item.number, facts, policy: policies.get('sla'), now: clock.now(), token });
  }

  async function ticketIdOf(token: string): Promise<string> {
    const row = await db
      .selectFrom('residentReports')
      .select('ticketId')
      .where('tokenHash', '=', hashReportToken(token))
      .executeTakeFirst();
    if (row) return row.ticketId;
    metrics.refused.labels('public-report', 'unknown-token').inc();
    throw new AppError('not-found', 'there is no such report');
  }
};

export default publicReports;

/** A form with photos, or JSON without; `text` is understood as `description`. */
async function readReport(request: FastifyRequest): Promise<{ form: ReportForm; files: Buffer[] }> {
  const { fields, files } = request.isMultipart()
    ? await readForm(request)
    : { fields: (request.body ?? {}) as Record<string, unknown>, files: [] };
  const { text, ...rest } = fields as Record<string, unknown>;
  const parsed = reportFormSchema.safeParse(text === undefined ? rest : { description: text, ...rest });
  if (parsed.success) return { form: parsed.data, files };
  throw new AppError('unprocessable', 'the report has faults; details name each', {
    details: parsed.error.issues.map(({ path, message }) => ({ in: 'body', path: `/${path.join('/')}`, message })),
  });
}
