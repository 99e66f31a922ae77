/**
 * A fake hub: the API of the contract over the fake world, in memory, so that the console's screens
 * can be developed and tested with no database, gateway or device. Not the hub: no rights are checked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type Alarm, decideAlarm, type FactBody } from '../../core/alarm.ts';
import { FAKE_TRACK, fakePicture } from './fake-evidence.ts';
import { fakeTickets } from './fake-tickets.ts';
import { COMMUNITIES, FakeAlarms, fillAlarms, makeDevices, type RaiseOptions } from './fake-world.ts';

const DIST = join(import.meta.dirname, '..', '..', 'hub', 'console', 'dist');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** The policy that the real hub sends. */
const CSP =
  "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; frame-ancestors 'none'";

export interface FakeHub {
  url: string;
  raise(options: Omit<RaiseOptions, 'at'>): string;
  /** Cuts every live stream, as a broken network would. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startFakeHub(options: { port?: number; role?: string } = {}): Promise<FakeHub> {
  const now = Date.now();
  const devices = makeDevices(now);
  const alarms = new FakeAlarms(devices);
  fillAlarms(alarms, now);
  const tickets = fakeTickets(now);
  const files = readConsole();
  const streams = new Set<ServerResponse>();
  let eventId = 0;
  const me = {
    username: options.role ?? 'guard',
    displayName: '王师傅',
    role: options.role ?? 'guard',
    communityIds: 'all',
    communities: COMMUNITIES,
  };

  const publish = (event: string, data: unknown) => {
    eventId += 1;
    for (const stream of streams) stream.write(`id: ${eventId}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const withHistory = (alarm: Alarm) => ({
    ...itemOf(alarm),
    history: (alarms.facts.get(alarm.id) ?? []).map((fact) => {
      const { type, ...detail } = fact.body;
      return { id: fact.id, at: fact.at, what: type, who: fact.author, where: fact.origin, late: false, detail };
    }),
  });

  async function api(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    url: URL,
  ): Promise<[number, unknown]> {
    const body = request.method === 'POST' && !isForm(request) ? await readJson(request) : {};
    const signedIn = request.headers.cookie?.includes('fake=1') ?? false;
    if (path === '/api/session') {
      if (request.method === 'POST' && body.password !== 'right') return fault(401, 'unauthenticated', 'wrong');
      if (request.method === 'POST') response.setHeader('set-cookie', 'fake=1; Path=/; HttpOnly');
      if (request.method === 'DELETE') response.setHeader('set-cookie', 'fake=; Path=/; Max-Age=0');
      return signedIn || request.method === 'POST' ? [200, me] : fault(401, 'unauthenticated', 'no session');
    }
    if (path.startsWith('/api/public/')) return tickets.publicCall(request.method ?? 'GET', path, body);
    if (!signedIn) return fault(401, 'unauthenticated', 'no session');
    if (path === '/api/alarms') {
      const states = url.searchParams.get('state')?.split(',');
      const deviceId = url.searchParams.get('deviceId');
      const items = alarms
        .all()
        .filter((alarm) => (!states || states.includes(alarm.state)) && (!deviceId || alarm.deviceId === deviceId));
      return [200, { items: items.map(itemOf), nextCursor: null }];
    }
    const named = /^\/api\/alarms\/([^/]+)(?:\/(.+))?$/.exec(path);
    if (named?.[1]) return actOnAlarm(named[1], named[2], body);
    if (path === '/api/devices') return [200, { items: devices, nextCursor: null }];
    if (path.endsWith('/series')) return [200, { points: fakePoints(url) }];
    if (path === '/api/gateways')
      return [200, { items: COMMUNITIES.map(({ id }, index) => fakeGateway(id, index)), nextCursor: null }];
    if (path === '/api/claims') return [200, { items: [], nextCursor: null }];
    if (path === '/api/people') return [200, { items: [me], nextCursor: null }];
    if (path === '/api/gaps') return [200, { items: fakeGaps(Date.now()), nextCursor: null }];
    if (path === '/api/dead-letters')
      return [200, { items: fakeDeadLetters(url.searchParams.get('gatewayId'), Date.now()), nextCursor: null }];
    if (path.startsWith('/api/tickets')) return tickets.call(request.method ?? 'GET', path, body, publish);
    return fault(404, 'not-found', 'there is no such address');
  }

  function actOnAlarm(id: string, action: string | undefined, body: Record<string, unknown>): [number, unknown] {
    const alarm = alarms.get(id);
    if (!alarm) return fault(404, 'not-found', 'there is no such alarm');
    if (!action) return [200, withHistory(alarm)];
    const decided = decideAlarm(alarm, { type: action, ...body } as never, Date.now());
    if (!decided.ok) return fault(409, 'conflict', decided.reason);
    say(id, decided.body);
    const after = alarms.get(id) ?? alarm;
    return [200, withHistory(after)];
  }

  function say(id: string, body: FactBody): void {
    alarms.say(id, body, {
      at: Date.now(),
      author: { type: 'person', id: me.username },
      origin: { type: 'hub', id: 'hub' },
    });
    const after = alarms.get(id);
    if (after) publish('alarm', itemOf(after));
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const path = url.pathname;
    response.setHeader('content-security-policy', CSP);
    if (path === '/api/live') return openStream(response, streams);
    if (path === '/api/evidence/ev-picture')
      return void response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(fakePicture());
    if (path === '/api/evidence/ev-track')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(FAKE_TRACK));
    if (!path.startsWith('/api/')) return sendFile(response, files, path);
    api(request, response, path, url).then(
      ([status, answer]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    raise: (raised) => {
      const id = alarms.raise({ ...raised, at: Date.now() });
      const alarm = alarms.get(id);
      if (alarm) publish('alarm', itemOf(alarm));
      return id;
    },
    cut: () => {
      for (const stream of streams) stream.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        for (const stream of streams) stream.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function itemOf(alarm: Alarm) {
  return { ...alarm, evidence: alarm.evidence.map((piece) => ({ ...piece, url: `/api/evidence/${piece.id}` })) };
}

function openStream(response: ServerResponse, streams: Set<ServerResponse>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 500\nevent: hello\ndata: {}\n\n');
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

/** The built console as it is now: a build that another run starts meanwhile changes nothing here. */
function readConsole(): ReadonlyMap<string, Buffer> {
  const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [file.slice(DIST.length), readFileSync(file)];
    }),
  );
}

/** Any address that is no file is a page of the console. */
function sendFile(response: ServerResponse, files: ReadonlyMap<string, Buffer>, path: string): void {
  const sent = files.has(path) ? path : '/index.html';
  response.writeHead(200, { 'content-type': TYPES[extname(sent)] ?? 'application/octet-stream' });
  response.end(files.get(sent));
}

function fault(status: number, code: string, message: string): [number, unknown] {
  return [status, { error: { code, message } }];
}

function isForm(request: IncomingMessage): boolean {
  return request.headers['content-type']?.startsWith('multipart/') ?? false;
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function fakePoints(url: URL): [number, number, number, number, number][] {
  const stepMs = Number(url.searchParams.get('stepMs'));
  const from = Math.ceil(Number(url.searchParams.get('from')) / stepMs) * stepMs;
  const to = Number(url.searchParams.get('to'));
  const points: [number, number, number, number, number][] = [];
  for (let at = from; at < to; at += stepMs) {
    const middle = 20 + 4 * Math.sin(at / 600_000) + Math.sin(at / 41_000);
    // A hole, as a device that was silent leaves one.
    if ((at / 3_600_000) % 1 > 0.4 && (at / 3_600_000) % 1 < 0.46) continue;
    points.push([at, middle - 0.8, middle, middle + 1.1, 6]);
  }
  return points;
}

function fakeGateway(communityId: string, index: number) {
  const at = Date.now();
  const behind = index === 1;
  const none = { batches: 0, bytes: 0, oldestAt: null };
  return {
    id: `gw-${communityId}`,
    communityId,
    name: '门卫室网关',
    link: behind ? 'down' : 'up',
    heardAt: at - 4_000,
    lastAckedAt: at - (behind ? 612_000 : 2_000),
    lastAckedSeq: { urgent: 12, alarm: 31, event: 402, telemetry: 2210, evidence: 4 },
    lagSeconds: behind ? 612 : 0.8,
    clockSkewMs: 40,
    backlog: {
      batches: behind ? 48 : 0,
      bytes: behind ? 3_600_000 : 0,
      lanes: {
        urgent: none,
        alarm: behind ? { batches: 2, bytes: 4_100, oldestAt: at - 300_000 } : none,
        event: behind ? { batches: 11, bytes: 62_000, oldestAt: at - 600_000 } : none,
        telemetry: behind ? { batches: 35, bytes: 3_500_000, oldestAt: at - 612_000 } : none,
        evidence: none,
      },
    },
    registry: { wanted: 1_760_000_003, running: 1_760_000_003 },
    rules: { wanted: index === 0 ? 0 : at - 3_600_000, running: 0, refused: null },
    settings: { wanted: index, running: 0, refused: null },
    problems: behind ? ['panel.port: changed in the file, in force at the next start'] : [],
    evicted: behind ? 184 : 0,
    deadLetters: index,
    devices: { known: 102, online: 101 - index, connected: 101 - index },
    cameras:
      index === 0
        ? [
            {
              deviceId: 'cam-jinxiu-3',
              state: 'running',
              fps: 24.8,
              skippedShare: 0.004,
              disturbed: 'shake',
              caution: 8.4,
              disturbances: [
                { type: 'shake', count: 7, seconds: 41.2, lastAt: at - 2_000 },
                { type: 'light-step', count: 2, seconds: 1.1, lastAt: at - 40_000 },
              ],
            },
            {
              deviceId: 'cam-jinxiu-4',
              state: 'failed',
              fps: 0,
              skippedShare: 0,
              reason: 'rtsp://10.0.0.9/1: cannot be opened as video (Failed to open input: Connection refused)',
            },
          ]
        : [],
    version: '0.1.0',
    configVersion: 'c1',
    startedAt: at - 86_400_000,
  };
}

function fakeGaps(at: number) {
  return [
    {
      id: 'g1',
      gatewayId: 'gw-laochang',
      communityId: 'laochang',
      lane: 'telemetry',
      deviceId: 'smoke-laochang-2-1-301',
      fromAt: at - 5_400_000,
      toAt: at - 5_100_000,
      count: 120,
      reason: 'size-cap',
      storedAt: at,
    },
    {
      id: 'g2',
      gatewayId: 'gw-laochang',
      communityId: 'laochang',
      lane: 'telemetry',
      deviceId: 'bin-laochang-3',
      fromAt: at - 5_400_000,
      toAt: at - 5_200_000,
      count: 64,
      reason: 'size-cap',
      storedAt: at,
    },
  ];
}

function fakeDeadLetters(gatewayId: string | null, at: number) {
  const deviceId = 'smoke-laochang-2-1-301';
  const topic = `linli/laochang/smoke-detector/${deviceId}/telemetry`;
  const letter = { gatewayId, deviceId, topic, at: at - 90_000, bytes: 1_620, reason: 'wrong-type' };
  return gatewayId === 'gw-laochang'
    ? [{ id: 'd1', ...letter, sample: '{"smokeDbPerM":"高","temperatureCelsius":21}' }]
    : [];
}
