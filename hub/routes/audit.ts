/** The audit log: who did or looked at what, when. */
import { z } from 'zod';
import { idSchema } from '../../core/text.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { behindCursor, cutPage, instantQuery, pageOf, pageQuery } from '../plugins/lists.ts';

const itemSchema = z.object({
  id: z.string(),
  at: z.number(),
  actor: z.object({ type: z.string(), id: z.string() }),
  action: z.string(),
  target: z.object({ type: z.string(), id: z.string() }),
  communityId: z.string().nullable(),
  detail: z.looseObject({}).nullable(),
});

const audit: RoutePlugin = async (app, { services }) => {
  app.get(
    '/api/audit',
    {
      config: { access: ['street', 'admin'] },
      schema: {
        tags: ['audit'],
        summary: 'Who did or looked at what, newest first',
        querystring: z.strictObject({
          actorId: z.string().max(64).optional(),
          action: z.string().max(64).optional(),
          targetType: z.string().max(64).optional(),
          targetId: z.string().max(100).optional(),
          communityId: idSchema.optional(),
          from: instantQuery.optional(),
          to: instantQuery.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request) => {
      const { actorId, action, targetType, targetId, communityId, from, to, limit, cursor } = request.query;
      const rows = await services.records.db
        .selectFrom('auditLog')
        .selectAll()
        .$if(actorId !== undefined, (query) => query.where('actorId', '=', actorId ?? ''))
        .$if(action !== undefined, (query) => query.where('action', '=', action ?? ''))
        .$if(targetType !== undefined, (query) => query.where('targetType', '=', targetType ?? ''))
        .$if(targetId !== undefined, (query) => query.where('targetId', '=', targetId ?? ''))
        .$if(communityId !== undefined, (query) => query.where('communityId', '=', communityId ?? ''))
        .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
        .$if(to !== undefined, (query) => query.where('at', '<', to ?? 0))
        .where(behindCursor(cursor, 'at'))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const page = cutPage(rows, limit, (row) => [row.at, row.id]);
      const items = page.items.map((row) => ({
        id: row.id,
        at: row.at,
        actor: { type: row.actorType, id: row.actorId },
        action: row.action,
        target: { type: row.targetType, id: row.targetId },
        communityId: row.communityId,
        detail: row.detail === null ? null : (JSON.parse(row.detail) as Record<string, unknown>),
      }));
      return { items, nextCursor: page.nextCursor };
    },
  );
};

export default audit;
