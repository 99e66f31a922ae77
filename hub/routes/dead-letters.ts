/** What gateways refused of their devices: who sends what cannot be read, and what it looks like. */
import { z } from 'zod';
import { idSchema } from '../../core/text.ts';
import type { DeadLetterTables } from '../ingest/dead-letters.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { behindCursor, cutPage, pageOf, pageQuery } from '../plugins/lists.ts';
import { listScope, OPERATIONS } from '../plugins/viewer.ts';

const itemSchema = z.object({
  id: z.string(),
  gatewayId: z.string(),
  communityId: z.string(),
  deviceId: z.string(),
  kind: z.string(),
  topic: z.string(),
  at: z.number(),
  reason: z.string(),
  bytes: z.number(),
  sample: z.string(),
  storedAt: z.number(),
});

const deadLetters: RoutePlugin = async (app, { services }) => {
  const db = services.records.db.withTables<DeadLetterTables>();

  app.get(
    '/api/dead-letters',
    {
      config: { access: OPERATIONS },
      schema: {
        tags: ['gateways'],
        summary: 'Payloads that gateways refused: when, of which device, why, how large, how they begin; newest first',
        querystring: z.strictObject({
          communityId: idSchema.optional(),
          gatewayId: idSchema.optional(),
          deviceId: idSchema.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request) => {
      const { communityId, gatewayId, deviceId, limit, cursor } = request.query;
      const scope = listScope(request.viewer, communityId);
      if (scope?.length === 0) return { items: [], nextCursor: null };
      const rows = await db
        .selectFrom('deadLetters')
        .selectAll()
        .$if(scope !== undefined, (query) => query.where('communityId', 'in', [...(scope ?? [])]))
        .$if(gatewayId !== undefined, (query) => query.where('gatewayId', '=', gatewayId ?? ''))
        .$if(deviceId !== undefined, (query) => query.where('deviceId', '=', deviceId ?? ''))
        .where(behindCursor(cursor, 'at'))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return cutPage(rows, limit, (row) => [row.at, row.id]);
    },
  );
};

export default deadLetters;
