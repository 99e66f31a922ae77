/**
 * The HTTP server: security headers, errors, sessions, OpenAPI, every route of the folder, the
 * console. In: services. Out: a fastify app that is ready to listen.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { AppError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { scanDefinitions } from '../../core/scan.ts';
import type { Services } from '../services.ts';
import type { HubApp, RoutePlugin } from './app.ts';
import { addErrorHandling, errorBody } from './errors.ts';
import { addSessions } from './sessions.ts';

const CONSOLE_DIR = join(import.meta.dirname, '..', 'console', 'dist');
const ROUTES_DIR = join(import.meta.dirname, '..', 'routes');

export async function createServer(services: Services): Promise<HubApp> {
  const { tls, publicUrl } = services.config.http;
  const app = fastify({
    loggerInstance: services.log.child({ component: 'http' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.payloadBytesMax * 16,
    trustProxy: publicUrl ? 'loopback' : false,
    forceCloseConnections: true,
    ...(tls
      ? { https: { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile), minVersion: 'TLSv1.2' } }
      : {}),
  } as object).withTypeProvider<ZodTypeProvider>() as unknown as HubApp;

  app.setValidatorCompiler(validatorCompiler);
  // Answers are typed where they are made; their schemas are there for the documentation.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  addErrorHandling(app, services.disk);
  addTiming(app, services);
  await addSecurity(app, services);
  addSessions(app, services);
  await addDocumentation(app);
  for (const [name, plugin] of await scanDefinitions<RoutePlugin>(ROUTES_DIR))
    await app.register(async (scope) => plugin(scope as unknown as HubApp, { services }), {
      logLevel: 'info',
      name,
    } as object);
  await addConsole(app);
  return app;
}

async function addSecurity(app: HubApp, services: Services): Promise<void> {
  const secure = isSecure(services);
  await app.register(cookie);
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, context) =>
      new AppError('too-many-requests', `too many requests: try again in ${Math.ceil(context.ttl / 1000)} s`),
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        frameAncestors: ["'none'"],
        upgradeInsecureRequests: null,
      },
    },
    frameguard: { action: 'deny' },
    hsts: secure,
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}

/** Whether people reach the hub over https, directly or through a proxy. */
export function isSecure(services: Services): boolean {
  const { tls, publicUrl } = services.config.http;
  return tls !== undefined || publicUrl?.startsWith('https:') === true;
}

function addTiming(app: HubApp, services: Services): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    services.metrics.httpSeconds
      .labels(request.method, route, String(reply.statusCode))
      .observe(reply.elapsedTime / 1000);
  });
}

async function addDocumentation(app: HubApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Linli (邻里) hub',
        version: '1',
        description:
          'Times are epoch milliseconds (UTC). Lists answer `{items, nextCursor}`. Errors answer `{"error":{code,message,details?}}`. Log in with `POST /api/session`, or send `Authorization: Bearer` with an API token.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'linli_session' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ session: [] }, { token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true } as object }, async () => app.swagger());
}

/** The console's files; any other page address gets its index, since the console has its own routes. */
async function addConsole(app: HubApp): Promise<void> {
  const built = existsSync(join(CONSOLE_DIR, 'index.html'));
  if (built)
    await app.register(fastifyStatic, {
      root: CONSOLE_DIR,
      wildcard: true,
      index: ['index.html'],
      cacheControl: false,
      // Names of assets carry a hash of their content; the page that names them must be asked for each time.
      setHeaders: (reply, file) =>
        reply.header('cache-control', file.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'),
    });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const page = request.method === 'GET' && !path.startsWith('/api') && !/\.[a-z0-9]+$/i.test(path);
    if (built && page) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    return reply.code(404).send(errorBody(new AppError('not-found', 'there is no such address')));
  });
}
