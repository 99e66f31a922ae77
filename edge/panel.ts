/**
 * The small panel in the guard booth, served by the gateway itself: alarms and their acknowledgement
 * with no hub, devices with value and age, what was refused, /metrics, /healthz.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { AlarmAction } from '../core/alarm.ts';
import type { Clock } from '../core/clock.ts';
import type { Heartbeat } from '../core/envelope.ts';
import { AppError, ERROR_STATUS, StartError } from '../core/errors.ts';
import { noteSchema } from '../core/text.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { EdgeConfig } from './config.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DeviceStates } from './device-states.ts';
import type { HubClock } from './hub-clock.ts';
import type { Gbt26875Input } from './inputs/gbt26875.ts';
import type { MqttInput } from './inputs/mqtt.ts';
import { gatewayMetrics } from './metrics.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { PipelineStats } from './pipeline.ts';
import type { Relay } from './relay.ts';

export interface PanelOptions {
  config: EdgeConfig['panel'];
  log: Logger;
  clock: Clock;
  gateway: EdgeConfig['gateway'];
  book: AlarmBook;
  devices: DeviceStates;
  deadLetters: DeadLetters;
  outbox: Outbox;
  act(alarmId: string, action: AlarmAction, username: string): Promise<void>;
  heartbeat(): Heartbeat;
  input: MqttInput;
  pipeline: PipelineStats;
  /** Why nothing can be kept, if so. */
  diskProblem(): string | undefined;
  relay: Relay | undefined;
  firePanels: Gbt26875Input | undefined;
  hubClock: HubClock;
}

const ackSchema = z.strictObject({ note: noteSchema.optional(), username: z.string().min(1).max(64).optional() });
const LIST_MAX = 500;
const BODY_BYTES_MAX = 16 * 1024;

/** A panel that others than this machine can reach needs a password; throws StartError when it has none. */
async function panelPassword({ host, passwordFile }: EdgeConfig['panel']): Promise<string | undefined> {
  if (passwordFile === undefined) {
    if (['127.0.0.1', '::1', 'localhost'].includes(host)) return undefined;
    throw new StartError(`panel.passwordFile: a panel on ${host} needs a file with a password`);
  }
  const password = await readFile(passwordFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`panel.passwordFile: ${passwordFile} cannot be read (${error.code})`);
  });
  return password.trim();
}

/** HTTP's own login: every browser of a guard booth knows it. Health stays open for the supervisor. */
function guard(request: FastifyRequest, reply: FastifyReply, password: string, done: () => void): void {
  const [, encoded = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const given = Buffer.from(encoded, 'base64').toString('utf8').split(':').slice(1).join(':');
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (request.url === '/healthz' || timingSafeEqual(digest(given), digest(password))) done();
  else
    void reply
      .status(401)
      .header('www-authenticate', 'Basic realm="linli"')
      .send({ error: { code: 'unauthenticated', message: 'the panel needs its password' } });
}

export async function startPanel(options: PanelOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const { config, book, devices, deadLetters, relay } = options;
  const app = fastify({ logger: false, bodyLimit: BODY_BYTES_MAX });
  const password = await panelPassword(config);
  if (password !== undefined) app.addHook('onRequest', (request, reply, done) => guard(request, reply, password, done));
  const metrics = gatewayMetrics(options);

  app.setErrorHandler((error: unknown, _request, reply) => {
    const known = error instanceof AppError ? error : undefined;
    const status = known ? ERROR_STATUS[known.code] : ((error as { statusCode?: number }).statusCode ?? 500);
    if (status >= 500) options.log.error({ err: error }, 'panel request failed');
    const code = known?.code ?? (status < 500 ? 'bad-request' : 'internal');
    return reply.status(status).send({ error: { code, message: known?.message ?? 'the request failed' } });
  });
  app.get('/', async (_request, reply) => {
    const page = await readFile(new URL('./panel.html', import.meta.url), 'utf8');
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'self' 'unsafe-inline'")
      .send(page);
  });
  app.get('/healthz', (_request, reply) => {
    const problem = options.diskProblem();
    return reply.status(problem ? 503 : 200).send({ ok: !problem, problem: problem ?? null });
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.get('/api/state', () => ({
    ...options.heartbeat(),
    ...options.gateway,
    hub: relay ? relay.state : null,
    behindSegments: options.pipeline.behind,
  }));
  app.get('/api/alarms', () => ({ items: book.alarms().slice(0, LIST_MAX), nextCursor: null }));
  app.get<{ Params: { id: string } }>('/api/alarms/:id', (request) => {
    const page = book.get(request.params.id);
    if (!page) throw new AppError('not-found', 'there is no such alarm');
    return { ...page.alarm, history: page.facts.sort((a, b) => a.at - b.at) };
  });
  app.post<{ Params: { id: string } }>('/api/alarms/:id/ack', async (request) => {
    const body = ackSchema.safeParse(request.body ?? {});
    if (!body.success) throw new AppError('unprocessable', z.prettifyError(body.error));
    const { note, username } = body.data;
    await options.act(request.params.id, { type: 'ack', note }, username ?? 'panel');
    return book.get(request.params.id)?.alarm;
  });
  app.get('/api/devices', () => ({
    items: [...devices.states()].map(({ device, liveness, lastSeenAt, values }) => {
      const { secretHashes: _hashes, ...known } = device;
      return { ...known, liveness, lastSeenAt, values: [...values.values()] };
    }),
    nextCursor: null,
  }));
  app.get('/api/dead-letters', () => ({ items: deadLetters.list(LIST_MAX), nextCursor: null }));

  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StartError(
      `panel.port: port ${config.port} on ${config.host} is taken; set panel.port in the gateway's YAML file to a free one`,
    );
  }
  return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() };
}
