/**
 * Real `npm start` processes on free ports, for tests of the whole chain and of the browser.
 * In: options. Out: the demo file, a small HTTP client per user, and a stop that must end everything.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

export interface DemoDevice {
  id: string;
  kind: string;
  username: string;
  password: string;
  location: Record<string, unknown>;
}

export interface Demo {
  hub: { url: string; users: { username: string; password: string; role: string; communityId?: string }[] };
  gateways: { id: string; communityId: string; mqttUrl: string; devices: DemoDevice[] }[];
}

export interface World {
  demo: Demo;
  dataDir: string;
  env: Record<string, string>;
  /** Everything that the processes printed so far. */
  output(): string;
  login(role: string, communityId?: string): Promise<Session>;
  /** Ends it as Ctrl-C would; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface Session {
  cookie: string;
  get<T = unknown>(path: string): Promise<T>;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

/** How long a demonstration may take to come up on two very busy cores. */
const START_MS_MAX = 300_000;

export async function startWorld(options: {
  simulate: boolean;
  dataDir?: string;
  seed?: string;
  env?: Record<string, string>;
}): Promise<World> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'linli-world-'));
  const env = {
    ...(options.env ?? (await freePorts())),
    LINLI_DATA_DIR: dataDir,
    LINLI_SIMULATE: options.simulate ? '1' : '0',
    LINLI_SEED: options.seed ?? '7',
  };
  const child = spawn('npm', ['start', '--silent'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const demoFile = join(dataDir, 'demo.json');
  // A second start on the same folder finds an older demo.json: its start is told by what is printed.
  const ready = () => existsSync(demoFile) && output.includes('http://');
  await until(ready, {
    timeoutMs: START_MS_MAX,
    what: 'demo.json',
    given: () => output.slice(-4_000),
    broken: () => child.exitCode !== null,
  });
  const demo = JSON.parse(readFileSync(demoFile, 'utf8')) as Demo;
  return {
    demo,
    dataDir,
    env,
    output: () => output,
    login: (role, communityId) => login(demo, role, communityId),
    stop: () => stop(child),
  };
}

/** Waits for a condition by looking every 50 ms; a condition that cannot come true any more fails at once. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  options: { timeoutMs?: number; what?: string; given?: () => string; broken?: () => boolean } = {},
): Promise<void> {
  const end = Date.now() + (options.timeoutMs ?? 20_000);
  while (!(await condition())) {
    const broken = options.broken?.() ?? false;
    if (broken || Date.now() > end)
      throw new Error(
        `${broken ? 'cannot come any more' : 'waited too long for'}: ${options.what ?? condition}\n${options.given?.() ?? ''}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function removeWorld(dataDir: string): void {
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

async function login(demo: Demo, role: string, communityId?: string): Promise<Session> {
  const user = demo.hub.users.find(
    (one) => one.role === role && (!communityId || !one.communityId || one.communityId === communityId),
  );
  if (!user) throw new Error(`no ${role} in demo.json`);
  const answer = await fetch(`${demo.hub.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: user.username, password: user.password }),
  });
  expect(answer.status).toBe(200);
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const call = async (method: string, path: string, body?: unknown) => {
    const headers: Record<string, string> = { cookie, origin: demo.hub.url };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(`${demo.hub.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as unknown) : undefined };
  };
  return {
    cookie,
    call,
    async get<T>(path: string): Promise<T> {
      const { status, body } = await call('GET', path);
      expect(status, `GET ${path}: ${JSON.stringify(body)}`).toBe(200);
      return body as T;
    },
  };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  // Ctrl-C reaches the whole foreground group, so the test sends it to the group too.
  if (child.pid) process.kill(-child.pid, 'SIGINT');
  return ended;
}

export async function freePorts(): Promise<Record<string, string>> {
  const base = await freeBlock(24);
  return {
    LINLI_HUB_PORT: String(base),
    LINLI_UPLINK_PORT: String(base + 1),
    LINLI_CAMERA_PORT: String(base + 2),
    LINLI_DEVICE_PORT_BASE: String(base + 4),
    LINLI_PANEL_PORT_BASE: String(base + 10),
    LINLI_OPCUA_PORT_BASE: String(base + 16),
  };
}

/**
 * A block of ports of which each could be listened on a moment ago. They lie below those that a system gives
 * to outgoing connections (from 32,768 on), one of which would take a port before its process listens.
 */
async function freeBlock(size: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 10_000 + Math.floor(Math.random() * 22_000);
    const free = await Promise.all(Array.from({ length: size }, (_, index) => canListen(base + index)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no block of free ports found');
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
