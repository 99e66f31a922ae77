/** A gateway in this process or in one of its own, on a folder of its own, with devices of known secrets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import pino from 'pino';
import { stringify } from 'yaml';
import { systemClock } from '../../../core/clock.ts';
import type { RegisteredDevice } from '../../../core/device.ts';
import { idMaker } from '../../../core/ids.ts';
import { hashSecret } from '../../../core/secret.ts';
import { withIdentity } from '../../../edge/claim.ts';
import { loadConfig } from '../../../edge/config.ts';
import { type Gateway, startGateway } from '../../../edge/gateway.ts';

export const SECRET = 'correct horse battery';
const hash = await hashSecret(SECRET);

export function device(id: string, kind: string, more: Partial<RegisteredDevice> = {}): RegisteredDevice {
  const location = { building: '3', unit: '1', floor: 5, room: '502' };
  return { id, kind, communityId: 'jinxiu', gatewayId: 'gw-1', name: id, location, secretHashes: [hash], ...more };
}

export const DEVICES = [
  device('smoke-1', 'smoke-detector'),
  device('bin-1', 'smart-bin'),
  device('gate-1', 'access-gate'),
  device('camera-1', 'high-throw-camera'),
];

export interface TestFolder {
  folder: string;
  configFile: string;
  remove(): void;
}

export function makeFolder(settings: Record<string, unknown> = {}, devices = DEVICES): TestFolder {
  const folder = mkdtempSync(join(tmpdir(), 'linli-edge-'));
  writeFileSync(join(folder, 'registry.json'), JSON.stringify(devices));
  writeFileSync(join(folder, 'secret'), 'gateway secret\n');
  const config = {
    gateway: { id: 'gw-1', communityId: 'jinxiu' },
    dataDir: 'data',
    devices: { host: '127.0.0.1', port: 0 },
    panel: { port: 0 },
    vision: { enabled: false },
    log: { level: 'silent' },
    registryFile: 'registry.json',
    ...settings,
  };
  const configFile = join(folder, 'config.yaml');
  writeFileSync(configFile, stringify(config));
  return { folder, configFile, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface RunningGateway extends Gateway {
  mqttUrl: string;
  panelUrl: string;
}

export async function startInProcess(
  folder: TestFolder,
  { watch = false, log = pino({ level: process.env.LINLI_TEST_LOG ?? 'silent' }) } = {},
): Promise<RunningGateway> {
  const file = await loadConfig(folder.configFile, {});
  const config = await withIdentity(file, { clock: systemClock, random: Math.random, env: {}, say: () => {} });
  const gateway = await startGateway({
    config,
    ...(watch ? { configFile: { path: folder.configFile, env: {} } } : {}),
    version: 'test',
    clock: systemClock,
    log,
    newId: idMaker(systemClock),
    random: Math.random,
    onFatal(error) {
      throw error;
    },
  });
  return withUrls(gateway);
}

function withUrls(gateway: Gateway): RunningGateway {
  return Object.assign(gateway, {
    mqttUrl: `mqtt://127.0.0.1:${gateway.devicePort}`,
    panelUrl: `http://127.0.0.1:${gateway.panelPort}`,
  });
}

export function login(url: string, username: string, more: mqtt.IClientOptions = {}): Promise<mqtt.MqttClient> {
  return mqtt.connectAsync(url, { username, password: SECRET, reconnectPeriod: 0, clientId: `c-${username}`, ...more });
}

export async function getJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

export interface PanelAlarm {
  id: string;
  deviceId: string;
  rule: string;
  state: string;
  condition: string;
  acknowledged: boolean;
  count: number;
}

export async function alarmsOf(panelUrl: string): Promise<PanelAlarm[]> {
  return (await getJson<{ items: PanelAlarm[] }>(`${panelUrl}/api/alarms`)).items;
}

/** Value of a metric without labels, or with exactly these. */
export async function metric(panelUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${panelUrl}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line ? Number(line.slice(name.length + 1)) : Number.NaN;
}
