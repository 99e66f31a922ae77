/** Hand-over of a shift (交接班): a report, given by one and accepted by another. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { idSchema, instantSchema, noteSchema } from '../../core/text.ts';
import type { NotifyTables } from '../notify/tables.ts';
import { type HandoverTables, shiftReport } from '../people/handover.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { behindCursor, cutPage, instantQuery, pageQuery } from '../plugins/lists.ts';
import { assertCommunity, listScope, seenOr404 } from '../plugins/viewer.ts';
import type { TicketTables } from '../tickets/tables.ts';

const SHIFT_MS = 12 * 3_600_000;
const SHIFT_MS_MAX = 7 * 24 * 3_600_000;
const ON_DUTY = ['guard', 'property', 'committee', 'street', 'admin'] as const;

const handover: RoutePlugin = async (app, { services }) => {
  const { clock, newId, policies, audit } = services;
  const db = services.records.db.withTables<TicketTables>().withTables<NotifyTables>().withTables<HandoverTables>();
  const schema = { tags: ['handover'] };
  const paramsSchema = z.strictObject({ id: z.string().max(64) });

  app.get(
    '/api/handovers/report',
    {
      config: { access: ON_DUTY },
      schema: {
        ...schema,
        summary: 'The report of a shift as it would be given now',
        querystring: z.strictObject({
          communityId: idSchema,
          from: instantQuery.optional(),
          to: instantQuery.optional(),
        }),
      },
    },
    async ({ viewer, query }) => {
      assertCommunity(viewer, query.communityId);
      return shiftReport({
        db,
        communityId: query.communityId,
        ...shift(query.from, query.to),
        policy: policies.get('sla'),
      });
    },
  );

  app.get(
    '/api/handovers',
    {
      config: { access: ON_DUTY },
      schema: {
        ...schema,
        summary: 'Hand-overs, newest first',
        querystring: z.strictObject({ communityId: idSchema.optional(), ...pageQuery }),
      },
    },
    async ({ viewer, query }) => {
      const scope = listScope(viewer, query.communityId);
      let select = db.selectFrom('handovers').selectAll();
      if (scope) select = select.where('communityId', 'in', scope.length === 0 ? [''] : scope);
      const rows = await select
        .where(behindCursor(query.cursor, 'createdAt'))
        .orderBy('createdAt', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      const page = cutPage(rows, query.limit, (row) => [row.createdAt, row.id]);
      return { items: page.items.map(itemOf), nextCursor: page.nextCursor };
    },
  );

  app.post(
    '/api/handovers',
    {
      config: { access: ON_DUTY },
      schema: {
        ...schema,
        summary: 'Give the shift to the next one, with what they must know',
        body: z.strictObject({ communityId: idSchema, fromAt: instantSchema.optional(), note: noteSchema.optional() }),
      },
    },
    async ({ viewer, body }, reply) => {
      assertCommunity(viewer, body.communityId);
      const { fromAt, toAt } = shift(body.fromAt, undefined);
      const report = await shiftReport({
        db,
        communityId: body.communityId,
        fromAt,
        toAt,
        policy: policies.get('sla'),
      });
      const row = {
        id: newId(),
        communityId: body.communityId,
        fromAt,
        toAt,
        givenBy: viewer.username,
        note: body.note ?? '',
        report: JSON.stringify(report),
        createdAt: toAt,
        acceptedBy: null,
        acceptedAt: null,
      };
      await db.insertInto('handovers').values(row).execute();
      await told(viewer.username, 'handover.given', row);
      return reply.code(201).send(itemOf(row));
    },
  );

  app.post(
    '/api/handovers/:id/accept',
    { config: { access: ON_DUTY }, schema: { ...schema, summary: 'Take the shift over', params: paramsSchema } },
    async ({ viewer, params: { id } }) => {
      const find = () => db.selectFrom('handovers').selectAll().where('id', '=', id).executeTakeFirst();
      const row = seenOr404(viewer, await find(), 'hand-over');
      if (row.givenBy === viewer.username)
        throw new AppError('conflict', 'a shift is taken over by somebody else than who gives it');
      const done = await db
        .updateTable('handovers')
        .set({ acceptedBy: viewer.username, acceptedAt: clock.now() })
        .where('id', '=', id)
        .where('acceptedBy', 'is', null)
        .executeTakeFirst();
      if (done.numUpdatedRows === 0n) throw new AppError('conflict', 'the shift was taken over already');
      await told(viewer.username, 'handover.accepted', row);
      return itemOf(seenOr404(viewer, await find(), 'hand-over'));
    },
  );

  function shift(from: number | undefined, to: number | undefined): { fromAt: number; toAt: number } {
    const toAt = to ?? clock.now();
    const fromAt = from ?? toAt - SHIFT_MS;
    if (fromAt >= toAt || toAt - fromAt > SHIFT_MS_MAX)
      throw new AppError('unprocessable', 'a shift begins before it ends and lasts 7 days at most');
    return { fromAt, toAt };
  }

  function itemOf({ report, ...row }: HandoverTables['handovers']) {
    return { ...row, report: JSON.parse(report) as unknown };
  }

  async function told(
    username: string,
    action: string,
    { id, communityId }: { id: string; communityId: string },
  ): Promise<void> {
    await audit.add({ actor: { type: 'person', id: username }, action, target: { type: 'handover', id }, communityId });
  }
};

export default handover;
