/**
 * Brings a world into a fresh hub through the hub's own API, as an operator would, and keeps every
 * secret that the answers show: they show it once.
 */
import type { Clock } from '../../core/clock.ts';
import type { Device } from '../../core/device.ts';
import { StartError } from '../../core/errors.ts';
import { cameraOf } from '../camera-site.ts';
import type { Demo } from '../demo-file.ts';
import type { World, WorldCommunity } from '../world.ts';
import type { HubClient } from './hub-client.ts';
import type { Settings } from './settings.ts';

type DemoGateway = Demo['gateways'][number];

/** Calls under way at a time. */
const CALLS_MAX = 6;

export async function enrol(options: {
  world: World;
  hub: HubClient;
  admin: { username: string; password: string };
  settings: Settings;
  clock: Clock;
  /** Called when a gateway and all its devices are enrolled. */
  onGateway(gateway: DemoGateway, index: number): Promise<void>;
}): Promise<Demo> {
  const { world, hub, admin, settings, clock, onGateway } = options;
  const gateways: DemoGateway[] = [];
  for (const [index, community] of world.communities.entries()) {
    const { id, name, type } = community;
    await hub.post('/api/communities', { id, name, type }).catch((cause: unknown) => {
      throw new StartError(
        `the first start of this data folder was cut short, so its secrets are lost: remove ${settings.dataDir} and start again`,
        { cause },
      );
    });
    const { secret } = await hub.post<{ secret: string }>('/api/gateways', {
      id: community.gateway.id,
      communityId: id,
      name: community.gateway.name,
    });
    const devices = await enrolDevices(community, { hub, optionsOf: (device) => optionsOf(device, world.seed) });
    const gateway: DemoGateway = {
      id: community.gateway.id,
      communityId: id,
      name: community.gateway.name,
      mqttUrl: mqttUrlOf(settings, index),
      secret,
      devices,
    };
    gateways.push(gateway);
    await onGateway(gateway, index);
  }
  const users: Demo['hub']['users'] = [{ ...admin, role: 'admin' }];
  for (const user of world.users) {
    const { password } = await hub.post<{ password: string }>('/api/users', {
      username: user.username,
      displayName: user.displayName,
      role: user.role,
      communityIds: user.communityId ? [user.communityId] : world.communities.map((community) => community.id),
    });
    const { role, communityId } = user;
    users.push({ username: user.username, password, role, ...(communityId ? { communityId } : {}) });
  }
  return { seed: world.seed, hub: { url: hubUrlOf(settings), users }, gateways };

  function optionsOf(device: Device, seed: string): Record<string, unknown> | undefined {
    if (device.kind !== 'high-throw-camera') return device.options;
    const { calibration } = cameraOf(device.id, seed, clock);
    return { stream: streamUrlOf(settings, device.id), calibration };
  }
}

export function hubUrlOf({ hubHost, hubPort }: Settings): string {
  const anywhere = hubHost === '0.0.0.0' || hubHost === '::';
  return `http://${anywhere ? '127.0.0.1' : hubHost}:${hubPort}`;
}

/** The same world behind the ports of today. */
export async function moveTo(demo: Demo, hub: HubClient, settings: Settings): Promise<Demo> {
  const gateways: DemoGateway[] = [];
  for (const [index, gateway] of demo.gateways.entries()) {
    const devices = await Promise.all(
      gateway.devices.map(async (device) => {
        const stream = streamUrlOf(settings, device.id);
        if (device.options?.stream === undefined || device.kind !== 'high-throw-camera') return device;
        if (device.options.stream === stream) return device;
        const options = { ...device.options, stream };
        await hub.patch(`/api/devices/${device.id}`, { options });
        return { ...device, options };
      }),
    );
    gateways.push({ ...gateway, mqttUrl: mqttUrlOf(settings, index), devices });
  }
  return { ...demo, hub: { ...demo.hub, url: hubUrlOf(settings) }, gateways };
}

function mqttUrlOf({ devicePortBase }: Settings, index: number): string {
  return `mqtt://127.0.0.1:${devicePortBase + index}`;
}

function streamUrlOf({ cameraPort }: Settings, deviceId: string): string {
  return `http://127.0.0.1:${cameraPort}/${deviceId}.mjpeg`;
}

async function enrolDevices(
  community: WorldCommunity,
  parts: { hub: HubClient; optionsOf(device: Device): Record<string, unknown> | undefined },
): Promise<DemoGateway['devices']> {
  const enrolled: DemoGateway['devices'] = [];
  const queue = [...community.devices.entries()];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, device] = next;
      const options = parts.optionsOf(device);
      const body = { ...device, ...(options ? { options } : {}) };
      const { secret } = await parts.hub.post<{ secret: string }>('/api/devices', body);
      const { communityId: _c, gatewayId: _g, ...rest } = body;
      enrolled[index] = { ...rest, username: device.id, password: secret };
    }
  };
  await Promise.all(Array.from({ length: CALLS_MAX }, work));
  return enrolled;
}
