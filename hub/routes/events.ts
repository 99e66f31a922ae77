/** Events that devices reported: passes of a gate, deposits in a bin, faults. */
import { z } from 'zod';
import { idSchema } from '../../core/text.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { behindCursor, cutPage, instantQuery, pageOf, pageQuery } from '../plugins/lists.ts';
import { listScope, OPERATIONS } from '../plugins/viewer.ts';

const itemSchema = z.object({
  id: z.string(),
  deviceId: z.string(),
  kind: z.string(),
  communityId: z.string(),
  at: z.number(),
  receivedAt: z.number(),
  quality: z.string(),
  /** It came after an outage, or was sent again. */
  history: z.boolean(),
  type: z.string(),
  fields: z.looseObject({}),
});

const events: RoutePlugin = async (app, { services }) => {
  app.get(
    '/api/events',
    {
      config: { access: OPERATIONS },
      schema: {
        tags: ['devices'],
        summary:
          'Events of devices, newest first; people who pass a gate are pseudonyms; `history`: kept by the gateway through an outage',
        querystring: z.strictObject({
          communityId: idSchema.optional(),
          deviceId: idSchema.optional(),
          kind: idSchema.optional(),
          type: z.string().max(64).optional(),
          from: instantQuery.optional(),
          to: instantQuery.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request) => {
      const { communityId, deviceId, kind, type, from, to, limit, cursor } = request.query;
      const scope = listScope(request.viewer, communityId);
      if (scope?.length === 0) return { items: [], nextCursor: null };
      const rows = await services.records.db
        .selectFrom('events')
        .selectAll()
        .$if(scope !== undefined, (query) => query.where('communityId', 'in', [...(scope ?? [])]))
        .$if(deviceId !== undefined, (query) => query.where('deviceId', '=', deviceId ?? ''))
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
        .$if(type !== undefined, (query) => query.where('type', '=', type ?? ''))
        .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
        .$if(to !== undefined, (query) => query.where('at', '<', to ?? 0))
        .where(behindCursor(cursor, 'at'))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const page = cutPage(rows, limit, (row) => [row.at, row.id]);
      const items = page.items.map((row) => ({
        ...row,
        history: row.history === 1,
        fields: JSON.parse(row.fields) as Record<string, unknown>,
      }));
      return { items, nextCursor: page.nextCursor };
    },
  );
};

export default events;
