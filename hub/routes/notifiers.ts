/** Channels of notifiers, their test button, and the log of what was sent. Secrets go in and never come out. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { idSchema } from '../../core/text.ts';
import { type Channel, CONSOLE_CHANNEL, mergeConfig, showConfig } from '../notify/channels.ts';
import type { NotifyTables } from '../notify/tables.ts';
import { testWords } from '../notify/templates.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { parsedAt } from '../plugins/errors.ts';
import { behindCursor, cutPage, pageQuery } from '../plugins/lists.ts';
import { listScope } from '../plugins/viewer.ts';
import { maskText } from '../public/mask.ts';

const channelSchema = z.strictObject({
  notifier: idSchema,
  name: z.string().trim().min(1).max(100),
  communityId: idSchema.nullable().default(null),
  language: z.enum(['zh', 'en']).default('zh'),
  config: z.record(z.string().max(64), z.unknown()),
  enabled: z.boolean().default(true),
});
type ChannelBody = z.output<typeof channelSchema>;

const paramsSchema = z.strictObject({ id: z.string().max(64) });
const ADMIN = ['admin'] as const;

const notifiers: RoutePlugin = async (app, { services }) => {
  const { channels, dispatch, audit, clock } = services;
  const db = services.records.db.withTables<NotifyTables>();
  const schema = { tags: ['notifiers'] };

  app.get(
    '/api/notifiers',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'Kinds of channels and the schema of their configuration' },
    },
    async () => ({
      items: [...services.notifiers].map(([id, notifier]) => ({
        id,
        title: notifier.title,
        personal: notifier.toSchema !== undefined,
        perMinuteMax: notifier.perMinuteMax,
        secrets: notifier.secrets,
        configSchema: z.toJSONSchema(notifier.configSchema, { io: 'input' }),
      })),
      nextCursor: null,
    }),
  );

  app.get(
    '/api/channels',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'Channels; configurations only for administrators, without secrets' },
    },
    async ({ viewer }) => ({
      items: (await channels.list()).map((channel) => {
        const { config, ...rest } = channel;
        if (viewer.role === 'admin') return shown(channel);
        // A browser subscribes to pushes with this key; it is public by its nature.
        return typeof config.publicKey === 'string' ? { ...rest, publicKey: config.publicKey } : rest;
      }),
      nextCursor: null,
    }),
  );

  app.post(
    '/api/channels',
    { config: { access: ADMIN }, schema: { ...schema, summary: 'Add a channel', body: channelSchema } },
    async ({ body, viewer }, reply) => {
      const channel = await channels.add({ ...body, config: checked(body, {}) }, viewer.username);
      await told(viewer.username, 'channel.added', channel.id);
      return reply.code(201).send(shown(channel));
    },
  );

  app.put(
    '/api/channels/:id',
    {
      config: { access: ADMIN },
      schema: {
        ...schema,
        summary: 'Change a channel; a secret sent back as dots stays',
        params: paramsSchema,
        body: channelSchema,
      },
    },
    async ({ params: { id }, body, viewer }) => {
      const known = await stored(id);
      if (known.notifier !== body.notifier)
        throw new AppError('conflict', 'a channel keeps its notifier: add another one');
      await channels.change(id, { ...body, config: checked(body, known.config) });
      await told(viewer.username, 'channel.changed', id);
      return shown(await stored(id));
    },
  );

  app.delete(
    '/api/channels/:id',
    {
      config: { access: ADMIN },
      schema: { ...schema, summary: 'Remove a channel and its subscriptions', params: paramsSchema },
    },
    async ({ params: { id }, viewer }, reply) => {
      await stored(id);
      await channels.remove(id);
      await told(viewer.username, 'channel.removed', id);
      return reply.code(204).send();
    },
  );

  app.post(
    '/api/channels/:id/test',
    {
      config: { access: ADMIN, rateLimit: { max: 20, timeWindow: 60_000 } },
      schema: {
        ...schema,
        summary: 'Send a test message now and answer how it went',
        params: paramsSchema,
        body: z.strictObject({ to: z.string().max(2_000).nullable().default(null) }),
      },
    },
    async ({ params: { id }, body, viewer }) => {
      const channel = id === CONSOLE_CHANNEL.id ? CONSOLE_CHANNEL : await stored(id);
      const { toSchema } = services.notifiers.get(channel.notifier) ?? {};
      const to = body.to !== null && toSchema ? parsedAt('/to', toSchema, body.to) : null;
      return dispatch.test(channel.id, {
        type: 'test',
        language: channel.language,
        ...testWords(channel.language, channel.name),
        severity: 'notice',
        lifeSafety: false,
        at: clock.now(),
        communityId: channel.communityId,
        alarmId: null,
        ticketId: null,
        link: null,
        to: id === CONSOLE_CHANNEL.id ? viewer.username : to,
      });
    },
  );

  app.get(
    '/api/notices',
    {
      config: { access: 'signed-in' },
      schema: {
        ...schema,
        summary: 'What was sent to whom and how it went, newest first',
        querystring: z.strictObject({
          alarmId: z.string().max(64).optional(),
          ticketId: z.string().max(64).optional(),
          channelId: z.string().max(64).optional(),
          status: z.enum(['queued', 'delivered', 'rejected', 'given-up', 'cancelled', 'muted']).optional(),
          communityId: idSchema.optional(),
          ...pageQuery,
        }),
      },
    },
    async ({ viewer, query }) => {
      const scope = listScope(viewer, query.communityId);
      let select = db.selectFrom('notices').selectAll();
      if (scope) select = select.where('communityId', 'in', scope.length === 0 ? [''] : scope);
      for (const column of ['alarmId', 'ticketId', 'channelId', 'status'] as const) {
        const value = query[column];
        if (value !== undefined) select = select.where(column, '=', value);
      }
      const rows = await select
        .where(behindCursor(query.cursor, 'createdAt'))
        .orderBy('createdAt', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      const page = cutPage(rows, query.limit, (row) => [row.createdAt, row.id]);
      return { items: page.items.map(noticeItem), nextCursor: page.nextCursor };
    },
  );

  function shown(channel: Channel) {
    return { ...channel, config: showConfig(services.notifiers.get(channel.notifier), channel.config) };
  }

  async function stored(id: string): Promise<Channel> {
    const channel = id === CONSOLE_CHANNEL.id ? undefined : await channels.get(id);
    if (!channel) throw new AppError('not-found', 'there is no such channel');
    return channel;
  }

  /** The configuration as its notifier understands it, or 422 with the path of each fault. */
  function checked(body: ChannelBody, known: Record<string, unknown>): Record<string, unknown> {
    const notifier = services.notifiers.get(body.notifier);
    if (!notifier || body.notifier === CONSOLE_CHANNEL.notifier)
      throw new AppError('unprocessable', 'there is no such notifier to configure: see /api/notifiers');
    return parsedAt('/config', notifier.configSchema, mergeConfig(body.config, known)) as Record<string, unknown>;
  }

  async function told(username: string, action: string, id: string): Promise<void> {
    await audit.add({ actor: { type: 'person', id: username }, action, target: { type: 'channel', id } });
  }
};

export default notifiers;

function noticeItem(row: NotifyTables['notices']) {
  const { notice, dedupeKey: _, lifeSafety, address, ...rest } = row;
  const { title } = JSON.parse(notice) as { title: string };
  // Where exactly it went is personal: enough of it to know it again.
  const to = address === null ? null : row.notifier === 'web-push' ? 'browser' : maskText(address);
  return { ...rest, lifeSafety: lifeSafety === 1, title, to };
}
