/** Communities (小区): the unit of tenancy. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { idSchema } from '../../core/text.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { pageOf } from '../plugins/lists.ts';

const itemSchema = z.strictObject({ id: z.string(), name: z.string(), type: z.string(), createdAt: z.number() });

const communities: RoutePlugin = async (app, { services }) => {
  const { records, clock, audit } = services;
  const tags = ['communities'];

  app.get(
    '/api/communities',
    {
      config: { access: 'signed-in' },
      schema: { tags, summary: 'The communities one may see', response: { 200: pageOf(itemSchema) } },
    },
    async (request) => {
      const ids = request.viewer.communityIds;
      const items = await records.db.selectFrom('communities').selectAll().orderBy('id').execute();
      return { items: ids === 'all' ? items : items.filter((item) => ids.includes(item.id)), nextCursor: null };
    },
  );

  app.post(
    '/api/communities',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary: 'Add a community',
        body: z.strictObject({
          id: idSchema,
          name: z.string().trim().min(1).max(100),
          /** 商品房, 老旧小区, 混合型: words of the street office. */
          type: z.string().trim().min(1).max(40),
        }),
        response: { 201: itemSchema },
      },
    },
    async (request, reply) => {
      const row = { ...request.body, createdAt: clock.now() };
      const done = await records.db
        .insertInto('communities')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst();
      if (done.numInsertedOrUpdatedRows !== 1n) throw new AppError('conflict', 'a community with this id exists');
      await audit.add({
        actor: { type: 'person', id: request.viewer.username },
        action: 'community.added',
        target: { type: 'community', id: row.id },
        communityId: row.id,
      });
      return reply.code(201).send(row);
    },
  );
};

export default communities;
