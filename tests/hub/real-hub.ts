/**
 * A hub on the real clock with real stores, listening on free ports of this machine, and gateways
 * that speak the envelope to it over MQTT. Used by the suites of ingest, records, live and access.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import { expect, vi } from 'vitest';
import type { AlarmFact } from '../../core/alarm.ts';
import { systemClock } from '../../core/clock.ts';
import {
  type Ack,
  type Batch,
  type Downlink,
  type Entry,
  encodeBatch,
  type Lane,
  uplinkTopics,
} from '../../core/envelope.ts';
import { readConfig } from '../../hub/config.ts';
import { createHub, type Hub } from '../../hub/hub.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into the answer as it needs
  body: any;
  headers: Headers;
}

export interface Person {
  cookie: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
}

export interface RealHub {
  hub: Hub;
  url: string;
  uplinkPort: number;
  admin: Person;
  anybody: Person;
  login(username: string, password: string): Promise<Person>;
  /** Makes a person with this role and logs them in. */
  person(role: string, communityIds?: string[]): Promise<Person>;
  /** Makes the community if needed, the gateway, and connects it. */
  gateway(id: string, communityId: string): Promise<TestGateway>;
  /** `between`: what happens while it is stopped. */
  restart(between?: () => void): Promise<void>;
  /** The last lines of its log, for a test that finds something else than it expects. */
  log(): string;
  stop(): Promise<void>;
}

const LOG_LINES_MAX = 100;

export async function startRealHub(env: Record<string, string> = {}): Promise<RealHub> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-hub-'));
  const config = readConfig({ LINLI_DATA_DIR: folder, LINLI_HUB_PORT: '0', LINLI_UPLINK_PORT: '0', ...env });
  const lines: string[] = [];
  const log = pino(
    { level: process.env.LINLI_TEST_LOG ?? 'warn' },
    {
      write(line: string) {
        lines.push(line);
        if (lines.length > LOG_LINES_MAX) lines.shift();
        if (process.env.LINLI_TEST_LOG) process.stdout.write(line);
      },
    },
  );
  const start = async () => {
    const hub = await createHub(config, { clock: systemClock, log });
    await hub.start();
    return hub;
  };
  const gateways: TestGateway[] = [];
  let count = 0;

  const real: RealHub = {
    hub: await start(),
    get url() {
      return `http://127.0.0.1:${real.hub.httpPort}`;
    },
    get uplinkPort() {
      return real.hub.uplinkPort;
    },
    admin: undefined as unknown as Person,
    anybody: personOf(() => real.url, ''),
    async login(username, password) {
      const answer = await real.anybody.post('/api/session', { username, password });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return personOf(() => real.url, answer.headers.getSetCookie()[0]?.split(';')[0] ?? '');
    },
    async person(role, communityIds = []) {
      count += 1;
      const username = `${role}-${count}`;
      const made = await real.admin.post('/api/users', { username, role, communityIds });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      return real.login(username, made.body.password);
    },
    async gateway(id, communityId) {
      await real.admin.post('/api/communities', { id: communityId, name: communityId, type: '商品房' });
      const made = await real.admin.post('/api/gateways', { id, communityId, name: id });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      const gateway = await connectGateway({ id, communityId, secret: made.body.secret, port: () => real.uplinkPort });
      gateways.push(gateway);
      return gateway;
    },
    async restart(between) {
      await real.hub.stop();
      between?.();
      real.hub = await start();
    },
    log: () => lines.join(''),
    async stop() {
      for (const gateway of gateways) await gateway.close();
      await real.hub.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const first = JSON.parse(readFileSync(join(config.dataDir, 'hub', 'first-login.json'), 'utf8')) as {
    username: string;
    password: string;
  };
  real.admin = await real.login(first.username, first.password);
  return real;
}

export interface TestGateway {
  id: string;
  communityId: string;
  client: MqttClient;
  acks: Ack[];
  downlinks: Downlink[];
  /** Sends a batch with the lane's next sequence and resolves with its acknowledgement. */
  send(lane: Lane, entries: unknown[], options?: Partial<Batch>): Promise<Ack>;
  /** Only sends. */
  transmit(lane: Lane, entries: unknown[], options?: Partial<Batch>): Promise<void>;
  heartbeat(fields?: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

export async function connectGateway(options: {
  id: string;
  communityId: string;
  secret: string;
  port: () => number;
}): Promise<TestGateway> {
  const { id, communityId, secret } = options;
  const client = await connectAsync(`mqtt://127.0.0.1:${options.port()}`, {
    username: id,
    password: secret,
    clientId: id,
    reconnectPeriod: 200,
    protocolVersion: 5,
  });
  const seqs = new Map<Lane, number>();
  const gateway: TestGateway = {
    id,
    communityId,
    client,
    acks: [],
    downlinks: [],
    async send(lane, entries, batch = {}) {
      const seq = batch.seq ?? (seqs.get(lane) ?? 0) + 1;
      const before = gateway.acks.length;
      await gateway.transmit(lane, entries, { ...batch, seq });
      const isAnswer = (ack: Ack) => ack.lane === lane && ack.seq >= seq;
      await vi.waitUntil(() => gateway.acks.slice(before).some(isAnswer), { timeout: 20_000 });
      return gateway.acks.slice(before).find(isAnswer) as Ack;
    },
    async transmit(lane, entries, batch = {}) {
      const seq = batch.seq ?? (seqs.get(lane) ?? 0) + 1;
      seqs.set(lane, Math.max(seq, seqs.get(lane) ?? 0));
      const whole: Batch = {
        gatewayId: id,
        epoch: 'e1',
        lane,
        seq,
        sentAt: Date.now(),
        history: false,
        entries: entries as Entry[],
        ...batch,
      };
      await client.publishAsync(uplinkTopics.up(id, lane), encodeBatch(whole), { qos: 1 });
    },
    async heartbeat(fields = {}) {
      const heartbeat = {
        gatewayId: id,
        epoch: 'e1',
        at: Date.now(),
        startedAt: Date.now(),
        version: '0',
        configVersion: '1',
        registryVersion: Number.MAX_SAFE_INTEGER,
        backlog: {},
        evicted: 0,
        deadLetters: 0,
        devices: { known: 0, online: 0, connected: 0 },
        ...fields,
      };
      await client.publishAsync(uplinkTopics.up(id, 'heartbeat'), JSON.stringify(heartbeat), { qos: 1 });
    },
    async close() {
      await client.endAsync(true);
    },
  };
  client.on('message', (topic, payload) => {
    const { channel } = uplinkTopics.parse(topic) ?? {};
    if (channel === 'ack') gateway.acks.push(JSON.parse(payload.toString()) as Ack);
    if (channel !== 'downlink') return;
    const downlink = JSON.parse(payload.toString()) as Downlink;
    gateway.downlinks.push(downlink);
    client.publish(uplinkTopics.up(id, 'ack'), JSON.stringify({ seq: downlink.seq }), { qos: 1 });
  });
  await client.subscribeAsync(uplinkTopics.allDown(id), { qos: 1 });
  return gateway;
}

let factCount = 0;

/** A raise of an alarm by this gateway, with what matters to a test changed. */
export function raised(
  gateway: { id: string; communityId: string },
  alarmId: string,
  change: { at?: number; deviceId?: string; body?: Record<string, unknown>; id?: string } = {},
): { type: 'fact'; fact: AlarmFact } {
  factCount += 1;
  const fact = {
    id: change.id ?? `f${factCount}`,
    alarmId,
    at: change.at ?? Date.now(),
    origin: { type: 'gateway', id: gateway.id },
    author: { type: 'rule', id: 'alarm' },
    body: {
      type: 'raised',
      activation: 1,
      step: 0,
      communityId: gateway.communityId,
      gatewayId: gateway.id,
      deviceId: change.deviceId ?? 'smoke-1',
      kind: 'smoke-detector',
      rule: 'alarm',
      severity: 'critical',
      title: { zh: '烟雾报警', en: 'Smoke' },
      location: { building: '3', unit: '2', floor: 5, room: '502' },
      lifeSafety: true,
      latch: false,
      ...change.body,
    },
  };
  return { type: 'fact', fact: fact as AlarmFact };
}

/** Telemetry of one device: field → values, one second apart from `at` on. */
export function telemetry(
  gateway: { communityId: string },
  deviceId: string,
  at: number,
  values: Record<string, (number | boolean | string | null)[]>,
): Entry {
  const length = Object.values(values)[0]?.length ?? 0;
  const times = Array.from({ length }, (_, index) => at + index * 1_000);
  return {
    type: 'telemetry',
    deviceId,
    kind: 'smoke-detector',
    communityId: gateway.communityId,
    at: times,
    receivedAt: times,
    quality: times.map(() => 'good' as const),
    values,
  };
}

function personOf(url: () => string, cookie: string): Person {
  const person: Person = {
    cookie,
    async call(method, path, body, headers = {}) {
      const answer = await fetch(url() + path, {
        method,
        headers: {
          ...(cookie ? { cookie } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json');
      return { status: answer.status, body: isJson && text ? JSON.parse(text) : text, headers: answer.headers };
    },
    get: (path) => person.call('GET', path),
    post: (path, body) => person.call('POST', path, body),
  };
  return person;
}
