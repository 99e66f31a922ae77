/** Who am I: log in, log out. */
import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { roleSchema } from '../../core/role.ts';
import { verifyPassword } from '../password.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { createLoginLimit } from '../plugins/login-limit.ts';
import { isSecure } from '../plugins/server.ts';
import { assertSameSite, hashToken, SESSION_COOKIE, SESSION_MS } from '../plugins/sessions.ts';
import { type Viewer, viewerOfUser } from '../plugins/viewer.ts';

const meSchema = z.strictObject({
  username: z.string(),
  displayName: z.string(),
  role: roleSchema,
  communityIds: z.union([z.literal('all'), z.array(z.string())]),
  communities: z.array(z.strictObject({ id: z.string(), name: z.string(), type: z.string() })),
});

const session: RoutePlugin = async (app, { services }) => {
  const { records, clock, audit } = services;
  const limit = createLoginLimit(clock);
  const tags = ['session'];

  app.post(
    '/api/session',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: 'Log in: sets the session cookie',
        body: z.strictObject({ username: z.string().min(1).max(64), password: z.string().min(1).max(200) }),
        response: { 200: meSchema },
      },
    },
    async (request, reply) => {
      assertSameSite(request);
      const { username, password } = request.body;
      const waitMs = limit.waitMs(request.ip, username);
      if (waitMs > 0) {
        services.metrics.refused.labels('login', 'too-many').inc();
        reply.header('retry-after', String(Math.ceil(waitMs / 1000)));
        throw new AppError('too-many-requests', 'too many failed logins: wait and try again');
      }
      const user = await records.db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst();
      const active = user && user.disabledAt === null ? user : undefined;
      if (!(await verifyPassword(password, active?.passwordHash)) || !active) {
        limit.failed(request.ip, username);
        services.metrics.refused.labels('login', 'wrong-credentials').inc();
        throw new AppError('unauthenticated', 'the user name or the password is wrong');
      }
      limit.succeeded(username);
      await startSession(reply, active.id);
      await audit.add({
        actor: { type: 'person', id: username },
        action: 'session.started',
        target: { type: 'user', id: active.id },
      });
      return me(viewerOfUser(active, 'session'));
    },
  );

  app.get(
    '/api/session',
    { config: { access: 'signed-in' }, schema: { tags, summary: 'Who am I', response: { 200: meSchema } } },
    async (request) => me(request.viewer),
  );

  app.delete(
    '/api/session',
    { config: { access: 'signed-in' }, schema: { tags, summary: 'Log out' } },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token) await records.db.deleteFrom('sessions').where('tokenHash', '=', hashToken(token)).execute();
      reply.clearCookie(SESSION_COOKIE, { path: '/' });
      return reply.code(204).send();
    },
  );

  async function startSession(reply: FastifyReply, userId: string): Promise<void> {
    const token = randomBytes(32).toString('base64url');
    const now = clock.now();
    await records.db.deleteFrom('sessions').where('expiresAt', '<=', now).execute();
    await records.db
      .insertInto('sessions')
      .values({ tokenHash: hashToken(token), userId, createdAt: now, expiresAt: now + SESSION_MS })
      .execute();
    reply.setCookie(SESSION_COOKIE, token, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: isSecure(services),
      maxAge: SESSION_MS / 1000,
    });
  }

  async function me(viewer: Viewer): Promise<z.infer<typeof meSchema>> {
    const { username, displayName, role } = viewer;
    const ids = viewer.communityIds;
    const communities = await records.db
      .selectFrom('communities')
      .select(['id', 'name', 'type'])
      .$if(ids !== 'all', (query) => query.where('id', 'in', ids === 'all' ? [] : [...ids]))
      .orderBy('id')
      .execute();
    return { username, displayName, role, communityIds: ids === 'all' ? 'all' : [...ids], communities };
  }
};

export default session;
