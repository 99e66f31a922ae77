/**
 * Sessions and API tokens. In: the cookie or the Authorization header. Out: `request.viewer`. Only
 * hashes of tokens are stored. A route that does not say who may call it stops the start.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AppError, StartError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import type { HubApp } from './app.ts';
import { type Viewer, viewerOfUser } from './viewer.ts';

export const SESSION_COOKIE = 'linli_session';
export const SESSION_MS = 12 * 3_600_000;

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export function addSessions(app: HubApp, services: Services): void {
  app.decorateRequest('viewer');
  const table: HubApp['routeTable'] = [];
  app.decorate('routeTable', table);

  app.addHook('onRoute', (route) => {
    const access = route.config?.access;
    if (access !== undefined) table.push({ method: String(route.method), url: route.url, access });
    if (route.url.startsWith('/api') && access === undefined)
      throw new StartError(
        `${String(route.method)} ${route.url}: the route does not say who may call it (config.access)`,
      );
  });

  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    if (access === undefined || access === 'public') return;
    const viewer = await identify(services, request);
    if (!viewer) throw new AppError('unauthenticated', 'log in first');
    if (access !== 'signed-in' && !access.includes(viewer.role))
      throw new AppError('forbidden', `the role ${viewer.role} may not do this`);
    if (viewer.via === 'session' && !SAFE_METHODS.has(request.method)) assertSameSite(request);
    request.viewer = viewer;
  });
}

/** Who sends this request, if anybody that the hub knows. */
export async function identify(services: Services, request: FastifyRequest): Promise<Viewer | undefined> {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const token = /^Bearer ([\w-]{20,200})$/.exec(header)?.[1];
    return token ? viewerOfToken(services, token) : undefined;
  }
  const cookie = request.cookies[SESSION_COOKIE];
  return cookie ? viewerOfSession(services, cookie) : undefined;
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * A cookie travels with requests that another site makes a browser send. SameSite=Strict stops
 * that; these two headers, which no page can forge, stop it again.
 */
export function assertSameSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new AppError('forbidden', 'the request comes from another site');
  const origin = request.headers.origin;
  if (origin === undefined) return;
  const host = URL.canParse(origin) ? new URL(origin).host : undefined;
  if (host === undefined || host !== request.host)
    throw new AppError('forbidden', 'the request comes from another site');
}

async function viewerOfSession(services: Services, token: string): Promise<Viewer | undefined> {
  const row = await services.records.db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .selectAll('users')
    .where('sessions.tokenHash', '=', hashToken(token))
    .where('sessions.expiresAt', '>', services.clock.now())
    .where('users.disabledAt', 'is', null)
    .executeTakeFirst();
  return row && viewerOfUser(row, 'session');
}

async function viewerOfToken(services: Services, token: string): Promise<Viewer | undefined> {
  const row = await services.records.db
    .selectFrom('apiTokens')
    .innerJoin('users', 'users.id', 'apiTokens.userId')
    .selectAll('users')
    .select('apiTokens.expiresAt as tokenExpiresAt')
    .where('apiTokens.tokenHash', '=', hashToken(token))
    .where('users.disabledAt', 'is', null)
    .executeTakeFirst();
  if (!row || (row.tokenExpiresAt !== null && row.tokenExpiresAt <= services.clock.now())) return undefined;
  return viewerOfUser(row, 'token');
}
