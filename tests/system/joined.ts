/** A real hub and a real gateway in this process, with a link between them that a test may cut, and one device. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { getJson, login, makeFolder, type RunningGateway, startInProcess } from '../edge/support/gateway.ts';
import { type RealHub, startRealHub } from '../hub/real-hub.ts';
import { type Link, openLink } from '../torture/proxy.ts';
import { until } from './world.ts';

export const SMOKE = 'linli/jinxiu/smoke-detector/smoke-1';

export interface Joined {
  real: RealHub;
  gateway: RunningGateway;
  link: Link;
  /** Logged in as smoke-1. */
  smoke: MqttClient;
  /** Resolves when the gateway says so of its link to the hub. */
  linked(isLinked: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Makes the community, the gateway gw-1 and the detector smoke-1 at the hub; answers the secrets of both. */
export async function enrol(real: RealHub): Promise<{ gateway: string; smoke: string }> {
  await real.admin.post('/api/communities', { id: 'jinxiu', name: '锦绣', type: '商品房' });
  const made = (await real.admin.post('/api/gateways', { id: 'gw-1', communityId: 'jinxiu', name: '1' })).body;
  const location = { building: '3', floor: 5 };
  const device = { id: 'smoke-1', kind: 'smoke-detector', communityId: 'jinxiu', location };
  return { gateway: made.secret, smoke: (await real.admin.post('/api/devices', device)).body.secret };
}

export async function startJoined(settings: Record<string, unknown> = {}): Promise<Joined> {
  const real = await startRealHub();
  const link = await openLink({ host: '127.0.0.1', port: real.uplinkPort });
  const secrets = await enrol(real);
  const hub = { url: `mqtt://127.0.0.1:${link.port}`, secretFile: 'secret' };
  const folder = makeFolder({ hub, outbox: { lingerMs: 0 }, ...settings });
  writeFileSync(join(folder.folder, 'secret'), secrets.gateway);
  const gateway = await startInProcess(folder);
  const registry = async () => (await real.admin.get('/api/gateways/gw-1')).body.registry;
  await until(async () => (await registry()).running > 0, { what: 'the gateway to have its register' });
  const smoke = await login(gateway.mqttUrl, 'smoke-1', { password: secrets.smoke });
  return {
    real,
    gateway,
    link,
    smoke,
    async linked(isLinked) {
      const state = () => getJson<{ hub: { linked: boolean } }>(`${gateway.panelUrl}/api/state`);
      await until(async () => (await state()).hub.linked === isLinked, { what: `the link to be ${isLinked}` });
    },
    async stop() {
      await smoke.endAsync(true);
      await gateway.stop();
      await link.close();
      await real.stop();
      folder.remove();
    },
  };
}
