/** People as others meet them: who may be given work, and what each wants to be told, where and when not. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { idSchema } from '../../core/text.ts';
import type { NotifyTables } from '../notify/tables.ts';
import { wishSchema } from '../people/receivers.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { listScope, maySee, type Viewer } from '../plugins/viewer.ts';
import { canOwn } from '../tickets/rights.ts';

/** Per person: nobody needs more, and each costs a message per alarm. */
const SUBSCRIPTIONS_MAX = 20;

const subscriptionSchema = z.strictObject({
  channelId: z.string().max(64),
  address: z.string().max(2_000).nullable().default(null),
  /** True: the channel itself listens, for a group robot or a siren. For administrators. */
  forChannel: z.boolean().default(false),
  wish: wishSchema,
});

const people: RoutePlugin = async (app, { services }) => {
  const { channels, clock, newId, audit } = services;
  const db = services.records.db.withTables<NotifyTables>();

  app.get(
    '/api/people',
    {
      config: { access: 'signed-in' },
      schema: {
        tags: ['people'],
        summary: 'People of one’s communities; with canOwn=true those who may be given work orders there',
        querystring: z.strictObject({
          communityId: idSchema.optional(),
          canOwn: z.enum(['true', 'false']).default('false'),
        }),
      },
    },
    async ({ viewer, query }) => {
      const scope = listScope(viewer, query.communityId);
      const types = new Map(
        (await db.selectFrom('communities').select(['id', 'type']).execute()).map((row) => [row.id, row.type]),
      );
      const users = await db
        .selectFrom('users')
        .select(['username', 'displayName', 'role', 'communityIds'])
        .where('disabledAt', 'is', null)
        .orderBy('username')
        .execute();
      const items = users
        .map((user) => ({ ...user, communityIds: JSON.parse(user.communityIds) as string[] }))
        .filter((user) => scope === undefined || user.communityIds.some((id) => scope.includes(id)))
        .filter(
          (user) => query.canOwn === 'false' || user.communityIds.some((id) => canOwn(user.role, types.get(id) ?? '')),
        );
      return { items, nextCursor: null };
    },
  );

  app.get(
    '/api/subscriptions',
    {
      config: { access: 'signed-in' },
      schema: { tags: ['people'], summary: 'What I am told; administrators see those of channels too' },
    },
    async ({ viewer }) => {
      const rows = await mine(viewer);
      return {
        items: rows.map(({ wish, ...row }) => ({ ...row, wish: JSON.parse(wish) as unknown })),
        nextCursor: null,
      };
    },
  );

  app.post(
    '/api/subscriptions',
    {
      config: { access: 'signed-in' },
      schema: { tags: ['people'], summary: 'Be told of something', body: subscriptionSchema },
    },
    async ({ viewer, body }, reply) => {
      if (body.forChannel && viewer.role !== 'admin')
        throw new AppError('forbidden', 'only an administrator subscribes a channel by itself');
      const address = await checkedAddress(viewer, body);
      if ((await mine(viewer)).length >= SUBSCRIPTIONS_MAX)
        throw new AppError('conflict', `at most ${SUBSCRIPTIONS_MAX} subscriptions: remove one first`);
      const row = {
        id: newId(),
        username: body.forChannel ? null : viewer.username,
        channelId: body.channelId,
        address,
        wish: JSON.stringify(body.wish),
        createdAt: clock.now(),
      };
      await db.insertInto('subscriptions').values(row).execute();
      await audit.add({
        actor: { type: 'person', id: viewer.username },
        action: 'subscription.added',
        target: { type: 'channel', id: body.channelId },
      });
      return reply.code(201).send({ ...row, wish: body.wish });
    },
  );

  app.delete(
    '/api/subscriptions/:id',
    {
      config: { access: 'signed-in' },
      schema: { tags: ['people'], summary: 'Be told no more', params: z.strictObject({ id: z.string().max(64) }) },
    },
    async ({ viewer, params: { id } }, reply) => {
      if (!(await mine(viewer)).some((row) => row.id === id))
        throw new AppError('not-found', 'there is no such subscription');
      await db.deleteFrom('subscriptions').where('id', '=', id).execute();
      return reply.code(204).send();
    },
  );

  async function mine(viewer: Viewer) {
    return db
      .selectFrom('subscriptions')
      .selectAll()
      .where((eb) =>
        eb.or([eb('username', '=', viewer.username), ...(viewer.role === 'admin' ? [eb('username', 'is', null)] : [])]),
      )
      .orderBy('createdAt')
      .execute();
  }

  /** What the channel's notifier takes as an address, or 422. */
  async function checkedAddress(viewer: Viewer, body: z.output<typeof subscriptionSchema>): Promise<string | null> {
    const channel = await channels.get(body.channelId);
    if (!channel || !maySee(viewer, channel.communityId))
      throw new AppError('unprocessable', 'there is no such channel');
    const toSchema = services.notifiers.get(channel.notifier)?.toSchema;
    if (!toSchema) {
      if (!body.forChannel && channel.notifier !== 'console')
        throw new AppError('unprocessable', 'this channel reaches a group: an administrator subscribes it by itself');
      return body.forChannel ? null : viewer.username;
    }
    const parsed = toSchema.safeParse(body.address);
    if (parsed.success) return parsed.data;
    throw new AppError('unprocessable', 'the address does not fit the channel', {
      details: parsed.error.issues.map(({ message }) => ({ in: 'body', path: '/address', message })),
    });
  }
};

export default people;
