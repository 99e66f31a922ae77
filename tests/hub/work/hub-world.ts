/** A whole hub on a manual clock with stores in a temporary folder, without listening: requests are injected. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { vi } from 'vitest';
import type { AlarmFact } from '../../../core/alarm.ts';
import { ManualClock } from '../../../core/clock.ts';
import type { Role } from '../../../core/role.ts';
import { readConfig } from '../../../hub/config.ts';
import { createHub, type Hub } from '../../../hub/hub.ts';
import { hashToken } from '../../../hub/plugins/sessions.ts';

// A whole hub per test, several starts each: on a busy machine that takes longer than a unit test may.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Monday, 2026-08-10, 10:00 in China. */
export const START_AT = Date.UTC(2026, 7, 10, 2, 0, 0);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface HubWorld {
  hub: Hub;
  clock: ManualClock;
  /** Stops the hub and starts another one on the same data: what a restart is. `downMs` passes meanwhile. */
  restart(downMs?: number): Promise<void>;
  /** Moves the clock and waits until everything due is dealt with, in steps so that chains follow. */
  advance(spanMs: number, stepMs?: number): Promise<void>;
  settled(): Promise<void>;
  as(username: string): Caller;
  /** Facts as a gateway would deliver them. */
  say(facts: AlarmFact[], options?: { history?: boolean; skewMs?: number }): Promise<void>;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by each test as it needs
  body: any;
  headers: Record<string, unknown>;
}

interface Caller {
  get(url: string): Promise<Answer>;
  post(url: string, body?: unknown): Promise<Answer>;
  put(url: string, body?: unknown): Promise<Answer>;
  delete(url: string): Promise<Answer>;
  form(url: string, form: FormData): Promise<Answer>;
}

const COMMUNITIES = [
  { id: 'garden', name: '花园小区', type: 'commercial' },
  { id: 'old-lane', name: '老巷', type: 'old-estate' },
];

const PEOPLE: { username: string; role: Role; communityIds: string[] }[] = [
  { username: 'guard', role: 'guard', communityIds: ['garden'] },
  { username: 'wang', role: 'property', communityIds: ['garden'] },
  { username: 'zhao', role: 'property', communityIds: ['garden'] },
  { username: 'committee', role: 'committee', communityIds: ['garden', 'old-lane'] },
  { username: 'old-guard', role: 'guard', communityIds: ['old-lane'] },
  { username: 'police', role: 'department', communityIds: ['garden', 'old-lane'] },
  { username: 'street', role: 'street', communityIds: [] },
  { username: 'root', role: 'admin', communityIds: [] },
];

export async function startHubWorld(env: Record<string, string> = {}): Promise<HubWorld> {
  // In memory where there is such a folder: dozens of hubs with durable writes would wait for the disk.
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'linli-work-'));
  const clock = new ManualClock(START_AT);
  const config = readConfig({
    LINLI_DATA_DIR: folder,
    LINLI_HUB_PORT: '0',
    LINLI_UPLINK_PORT: '0',
    LINLI_SERIES_URL: 'duckdb::memory:',
    ...env,
  });
  const log = pino({ level: process.env.LINLI_TEST_LOG ?? 'silent' });
  const start = async () => {
    const hub = await createHub(config, { clock, log });
    await hub.start();
    return hub;
  };
  const world: HubWorld = {
    hub: await start(),
    clock,
    async restart(downMs = 0) {
      await world.hub.stop();
      clock.advanceBy(downMs);
      world.hub = await start();
      await world.settled();
    },
    async advance(spanMs, stepMs = spanMs) {
      for (let left = spanMs; left > 0; left -= stepMs) {
        clock.advanceBy(Math.min(stepMs, left));
        await world.settled();
      }
    },
    settled: () => world.hub.work.settled(),
    as: (username) => callerOf(world, username),
    async say(facts, options = {}) {
      await world.hub.services.alarms.transact(({ addFacts }) => addFacts(facts, options));
      await world.settled();
    },
    async stop() {
      await world.hub.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await seed(world);
  return world;
}

async function seed({ hub, clock }: HubWorld): Promise<void> {
  const { db } = hub.services.records;
  const createdAt = clock.now();
  await db
    .insertInto('communities')
    .values(COMMUNITIES.map((community) => ({ ...community, createdAt })))
    .execute();
  for (const { username, role, communityIds } of PEOPLE) {
    const user = {
      id: `u-${username}`,
      username,
      displayName: username,
      role,
      passwordHash: '',
      disabledAt: null,
      createdAt,
    };
    await db
      .insertInto('users')
      .values({ ...user, communityIds: JSON.stringify(communityIds) })
      .execute();
    await db
      .insertInto('apiTokens')
      .values({
        id: username,
        tokenHash: hashToken(tokenOf(username)),
        userId: user.id,
        name: 'test',
        createdAt,
        expiresAt: null,
      })
      .execute();
  }
}

function tokenOf(username: string): string {
  return `token-of-${username}`.padEnd(24, '0');
}

function callerOf(world: HubWorld, username: string): Caller {
  const headers: Record<string, string> = username === '' ? {} : { authorization: `Bearer ${tokenOf(username)}` };
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: unknown): Promise<Answer> => {
    const response = await world.hub.app.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      body: isJson ? response.json() : response.rawPayload,
      headers: response.headers,
    };
  };
  return {
    get: (url) => call('GET', url),
    post: (url, body = {}) => call('POST', url, body),
    put: (url, body = {}) => call('PUT', url, body),
    delete: (url) => call('DELETE', url),
    async form(url, form) {
      const encoded = new Response(form);
      const response = await world.hub.app.inject({
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': encoded.headers.get('content-type') ?? '' },
        payload: Buffer.from(await encoded.arrayBuffer()),
      });
      return { status: response.statusCode, body: response.json(), headers: response.headers };
    },
  };
}

let factCount = 0;

/** A raise as a gateway says it; `changes` are those of its body. */
export function raised(alarmId: string, at: number, changes: Record<string, unknown> = {}): AlarmFact {
  factCount += 1;
  return {
    id: `f${factCount}`,
    alarmId,
    at,
    origin: { type: 'gateway', id: 'gw-garden' },
    author: { type: 'rule', id: 'fire' },
    body: {
      type: 'raised',
      activation: 1,
      step: 0,
      communityId: 'garden',
      gatewayId: 'gw-garden',
      deviceId: 'smoke-3-502',
      kind: 'smoke-detector',
      rule: 'fire',
      severity: 'critical',
      title: { zh: '火警', en: 'Fire' },
      location: { building: '3', unit: '2', floor: 5, room: '502' },
      lifeSafety: true,
      latch: false,
      ...changes,
    } as AlarmFact['body'],
  };
}

export function cleared(alarmId: string, at: number, activation = 1, step = 1): AlarmFact {
  factCount += 1;
  return {
    id: `f${factCount}`,
    alarmId,
    at,
    origin: { type: 'gateway', id: 'gw-garden' },
    author: { type: 'rule', id: 'fire' },
    body: { type: 'cleared', activation, step, reason: 'condition' },
  };
}
