/** People and their API tokens. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { roleSchema } from '../../core/role.ts';
import { idSchema } from '../../core/text.ts';
import { hashPassword, newPassword, PASSWORD_CHARACTERS_MIN, verifyPassword } from '../password.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { pageOf } from '../plugins/lists.ts';
import { hashToken } from '../plugins/sessions.ts';
import { STREET_WIDE } from '../plugins/viewer.ts';
import type { RecordTables } from '../stores/records/tables.ts';

const usernameSchema = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a user name is of letters, digits, . _ -');
const passwordSchema = z.string().min(PASSWORD_CHARACTERS_MIN).max(200);
const itemSchema = z.strictObject({
  username: z.string(),
  displayName: z.string(),
  role: roleSchema,
  communityIds: z.array(z.string()),
  disabled: z.boolean(),
  createdAt: z.number(),
});
const tokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
});

const users: RoutePlugin = async (app, { services }) => {
  const { records, clock, audit, newId } = services;
  const tags = ['users'];
  const params = z.object({ username: z.string().max(64) });

  app.get(
    '/api/users',
    {
      config: { access: ['street', 'admin'] },
      schema: { tags, summary: 'People who may log in', response: { 200: pageOf(itemSchema) } },
    },
    async () => {
      const rows = await records.db.selectFrom('users').selectAll().orderBy('username').execute();
      return { items: rows.map(userItem), nextCursor: null };
    },
  );

  app.post(
    '/api/users',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary: 'Add a person; without a password one is made and shown by this answer alone',
        body: z.strictObject({
          username: usernameSchema,
          displayName: z.string().trim().min(1).max(60).optional(),
          role: roleSchema,
          communityIds: z.array(idSchema).max(1_000).default([]),
          password: passwordSchema.optional(),
        }),
        response: { 201: itemSchema.extend({ password: z.string().optional() }) },
      },
    },
    async (request, reply) => {
      const { username, role, displayName = username, password = newPassword() } = request.body;
      const communityIds = STREET_WIDE.includes(role) ? [] : request.body.communityIds;
      await assertCommunitiesExist(communityIds);
      const row = {
        id: newId(),
        username,
        displayName,
        role,
        communityIds: JSON.stringify(communityIds),
        passwordHash: await hashPassword(password),
        disabledAt: null,
        createdAt: clock.now(),
      };
      const done = await records.db
        .insertInto('users')
        .values(row)
        .onConflict((conflict) => conflict.column('username').doNothing())
        .executeTakeFirst();
      if (done.numInsertedOrUpdatedRows !== 1n) throw new AppError('conflict', 'a person with this user name exists');
      await say(request.viewer.username, 'user.added', username, { role, communityIds });
      return reply.code(201).send({ ...userItem(row), ...(request.body.password === undefined ? { password } : {}) });
    },
  );

  app.patch(
    '/api/users/:username',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary: 'Change a person; a new role, a new password or disabling ends their sessions',
        params,
        body: z.strictObject({
          displayName: z.string().trim().min(1).max(60).optional(),
          role: roleSchema.optional(),
          communityIds: z.array(idSchema).max(1_000).optional(),
          password: passwordSchema.optional(),
          disabled: z.boolean().optional(),
        }),
        response: { 200: itemSchema },
      },
    },
    async (request) => {
      const user = await load(request.params.username);
      const { displayName, role, communityIds, password, disabled } = request.body;
      if (user.username === request.viewer.username && (disabled || (role && role !== user.role)))
        throw new AppError('conflict', 'nobody may take the rights from themselves; ask another admin');
      if (communityIds) await assertCommunitiesExist(communityIds);
      const change = {
        ...(displayName === undefined ? {} : { displayName }),
        ...(role === undefined ? {} : { role }),
        ...(communityIds === undefined ? {} : { communityIds: JSON.stringify(communityIds) }),
        ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
        ...(disabled === undefined ? {} : { disabledAt: disabled ? clock.now() : null }),
      };
      if (Object.keys(change).length > 0)
        await records.db.updateTable('users').set(change).where('id', '=', user.id).execute();
      if (role !== undefined || password !== undefined || disabled) await endSessions(user.id);
      await say(request.viewer.username, 'user.changed', user.username, { fields: Object.keys(request.body) });
      return userItem(await load(user.username));
    },
  );

  app.post(
    '/api/session/password',
    {
      config: { access: 'signed-in' },
      schema: {
        tags: ['session'],
        summary: 'Change one’s own password; ends one’s other sessions',
        body: z.strictObject({ password: z.string().max(200), newPassword: passwordSchema }),
      },
    },
    async (request, reply) => {
      const user = await load(request.viewer.username);
      if (!(await verifyPassword(request.body.password, user.passwordHash)))
        throw new AppError('forbidden', 'the present password is wrong');
      const passwordHash = await hashPassword(request.body.newPassword);
      await records.db.updateTable('users').set({ passwordHash }).where('id', '=', user.id).execute();
      await endSessions(user.id);
      await say(user.username, 'user.password-changed', user.username);
      return reply.code(204).send();
    },
  );

  app.get(
    '/api/tokens',
    {
      config: { access: 'signed-in' },
      schema: { tags, summary: 'One’s own API tokens', response: { 200: pageOf(tokenSchema) } },
    },
    async (request) => {
      const items = await records.db
        .selectFrom('apiTokens')
        .select(['id', 'name', 'createdAt', 'expiresAt'])
        .where('userId', '=', request.viewer.userId)
        .orderBy('id')
        .execute();
      return { items, nextCursor: null };
    },
  );

  app.post(
    '/api/tokens',
    {
      config: { access: 'signed-in' },
      schema: {
        tags,
        summary: 'A token for scripts, with one’s own rights; this answer alone shows it',
        body: z.strictObject({
          name: z.string().trim().min(1).max(60),
          expiresAt: z.number().int().positive().optional(),
        }),
        response: { 201: tokenSchema.extend({ token: z.string() }) },
      },
    },
    async (request, reply) => {
      const { viewer } = request;
      const token = `linli_${randomBytes(32).toString('base64url')}`;
      const item = {
        id: newId(),
        name: request.body.name,
        createdAt: clock.now(),
        expiresAt: request.body.expiresAt ?? null,
      };
      await records.db
        .insertInto('apiTokens')
        .values({ ...item, tokenHash: hashToken(token), userId: viewer.userId })
        .execute();
      await say(viewer.username, 'token.made', viewer.username, { name: item.name });
      return reply.code(201).send({ ...item, token });
    },
  );

  app.delete(
    '/api/tokens/:id',
    {
      config: { access: 'signed-in' },
      schema: { tags, summary: 'Revoke one of one’s tokens', params: z.object({ id: z.string().max(64) }) },
    },
    async (request, reply) => {
      const done = await records.db
        .deleteFrom('apiTokens')
        .where('id', '=', request.params.id)
        .where('userId', '=', request.viewer.userId)
        .executeTakeFirst();
      if (done.numDeletedRows === 0n) throw new AppError('not-found', 'there is no such token');
      await say(request.viewer.username, 'token.revoked', request.viewer.username);
      return reply.code(204).send();
    },
  );

  async function load(username: string): Promise<RecordTables['users']> {
    const user = await records.db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst();
    if (!user) throw new AppError('not-found', 'there is no such person');
    return user;
  }

  async function endSessions(userId: string): Promise<void> {
    await records.db.deleteFrom('sessions').where('userId', '=', userId).execute();
  }

  async function assertCommunitiesExist(ids: string[]): Promise<void> {
    const known = new Set((await records.db.selectFrom('communities').select('id').execute()).map((row) => row.id));
    const details = ids.flatMap((id, index) =>
      known.has(id) ? [] : [{ in: 'body', path: `/communityIds/${index}`, message: 'names no community' }],
    );
    if (details.length > 0) throw new AppError('unprocessable', 'there is no such community', { details });
  }

  function say(actor: string, action: string, username: string, detail?: Record<string, unknown>): Promise<void> {
    return audit.add({
      actor: { type: 'person', id: actor },
      action,
      target: { type: 'user', id: username },
      ...(detail ? { detail } : {}),
    });
  }
};

function userItem(row: Omit<RecordTables['users'], 'id' | 'passwordHash'>): z.infer<typeof itemSchema> {
  const { username, displayName, role, createdAt } = row;
  const communityIds = JSON.parse(row.communityIds) as string[];
  return { username, displayName, role, communityIds, disabled: row.disabledAt !== null, createdAt };
}

export default users;
