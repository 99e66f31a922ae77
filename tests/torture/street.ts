/** A hub and one gateway as real processes with a link between them, enrolled through the hub's API. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Process, startProcess } from '../system/processes.ts';
import { freePorts, until } from '../system/world.ts';
import type { FleetDevice } from './fleet.ts';
import { type Link, openLink } from './proxy.ts';

const COMMUNITY = 'torture';
const GATEWAY = 'torture-gw';

export interface Street {
  link: Link;
  deviceUrl: string;
  devices: FleetDevice[];
  /** Where the gateway keeps everything; the disk that gets filled. */
  gatewayDir: string;
  hub: Process;
  edge: Process;
  restartHub(signal: NodeJS.Signals): Promise<void>;
  restartEdge(options: { signal: NodeJS.Signals; env?: Record<string, string>; whileDown?: () => void }): Promise<void>;
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

export async function startStreet(options: { devices: number; gatewayDir?: string }): Promise<Street> {
  const dataDir = mkdtempSync(join(tmpdir(), 'linli-torture-'));
  const gatewayDir = options.gatewayDir ?? join(dataDir, 'gateway');
  const ports = await freePorts();
  const hubEnv = { ...ports, LINLI_DATA_DIR: dataDir, LINLI_LOG_LEVEL: 'warn' };
  const startHub = () => startProcess({ file: 'hub/main.ts', env: hubEnv, upWhen: /http:\/\// });
  let hub = await startHub();
  const url = `http://127.0.0.1:${ports.LINLI_HUB_PORT}`;
  const call = await adminClient(url, dataDir);
  const link = await openLink({ host: '127.0.0.1', port: Number(ports.LINLI_UPLINK_PORT) });
  const config = await writeGateway({
    call,
    gatewayDir,
    linkPort: link.port,
    devicePort: Number(ports.LINLI_DEVICE_PORT_BASE),
    panelPort: Number(ports.LINLI_PANEL_PORT_BASE),
  });
  const devices = await enrol(call, options.devices);
  const startEdge = (env: Record<string, string> = {}) =>
    startProcess({
      file: 'edge/main.ts',
      args: ['--config', config],
      env: { LINLI_LOG_LEVEL: 'warn', ...env },
      upWhen: /mqtt/i,
    });
  let edge = await startEdge();
  await until(
    async () => {
      const { items } = (await call('GET', '/api/gateways')) as { items: { devices: { known: number } | null }[] };
      return items[0]?.devices?.known === devices.length;
    },
    { timeoutMs: 60_000, what: 'the gateway to know its devices', given: () => edge.output().slice(-2_000) },
  );
  return {
    link,
    deviceUrl: `mqtt://127.0.0.1:${ports.LINLI_DEVICE_PORT_BASE}`,
    devices,
    gatewayDir,
    get hub() {
      return hub;
    },
    get edge() {
      return edge;
    },
    async restartHub(signal) {
      await hub.end(signal);
      hub = await startHub();
    },
    async restartEdge({ signal, env, whileDown }) {
      await edge.end(signal);
      whileDown?.();
      edge = await startEdge(env);
    },
    get: async <T>(path: string) => (await call('GET', path)) as T,
    async stop() {
      await edge.end('SIGTERM');
      await hub.end('SIGTERM');
      await link.close();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

async function adminClient(url: string, dataDir: string): Promise<Call> {
  const login = readFileSync(join(dataDir, 'hub', 'first-login.json'), 'utf8');
  const { username, password } = JSON.parse(login) as { username: string; password: string };
  const session = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const cookie = (session.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  return async (method, path, body) => {
    const headers: Record<string, string> = { cookie, origin: url };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}

async function enrol(call: Call, count: number): Promise<FleetDevice[]> {
  const devices: FleetDevice[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind = index % 10 === 0 ? 'manual-call-point' : 'water-pressure';
    const device = { id: `t-${index}`, kind, communityId: COMMUNITY };
    const { secret } = (await call('POST', '/api/devices', {
      ...device,
      gatewayId: GATEWAY,
      name: device.id,
      location: { spot: '试验台' },
    })) as { secret: string };
    devices.push({ ...device, password: secret });
  }
  return devices;
}

async function writeGateway(options: {
  call: Call;
  gatewayDir: string;
  linkPort: number;
  devicePort: number;
  panelPort: number;
}): Promise<string> {
  await options.call('POST', '/api/communities', { id: COMMUNITY, name: '试验小区', type: 'commercial' });
  const { secret } = (await options.call('POST', '/api/gateways', {
    id: GATEWAY,
    communityId: COMMUNITY,
    name: '试验网关',
  })) as { secret: string };
  mkdirSync(options.gatewayDir, { recursive: true });
  const secretFile = join(options.gatewayDir, 'secret');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const config = join(options.gatewayDir, 'config.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      gateway: { id: GATEWAY, communityId: COMMUNITY },
      dataDir: join(options.gatewayDir, 'data'),
      devices: { host: '127.0.0.1', port: options.devicePort },
      hub: { url: `mqtt://127.0.0.1:${options.linkPort}`, secretFile },
      panel: { enabled: true, host: '127.0.0.1', port: options.panelPort },
      vision: { enabled: false },
      outbox: { diskFreeMegabyteMin: 8 },
    }),
  );
  return config;
}
