/**
 * Whose messages are simulated: the devices of an enrolled world (demo.json), or devices made up
 * for a broker that asks nobody who they are.
 */
import type { Device } from '../core/device.ts';
import { StartError } from '../core/errors.ts';
import { type Demo, readDemo } from './demo-file.ts';
import type { Member } from './fleet.ts';
import type { Options } from './options.ts';
import { devicesOf, makeWorld, type World } from './world.ts';

/** Every so many devices one speaks MQTT 5.0, the rest 3.1.1, as in a mixed estate. */
const MQTT5_EVERY = 5;

export interface Population {
  members: Member[];
  /** The same devices as a world, for scenarios. */
  world: World;
  /** Of what happens. */
  seed: string;
  /** Of the walls that the cameras look at; they stay what they were enrolled as. */
  wallSeed: string;
}

/** Throws StartError when there is neither a world nor a broker. */
export async function populate(options: Options, file: string): Promise<Population> {
  const demo = await readDemo(file);
  if (demo) return fromDemo(demo, options);
  if (options.world) throw new StartError(`--world ${file}: there is no such file; npm start writes one`);
  if (!options.broker)
    throw new StartError(`no world in ${file}: run npm start first, or name a broker with --broker mqtt://HOST:PORT`);
  return madeUp(options, options.broker);
}

function fromDemo(demo: Demo, options: Options): Population {
  const seed = options.seed ?? demo.seed;
  const members = demo.gateways.flatMap((gateway) =>
    gateway.devices.map(
      ({ username, password, ...device }, index): Member => ({
        device: withoutUndefined({ ...device, communityId: gateway.communityId, gatewayId: gateway.id }),
        url: options.broker ?? gateway.mqttUrl,
        username,
        password,
        // A broker of somebody else's may know 3.1.1 only; Linli's gateways take both.
        mqtt5: options.broker === undefined && index % MQTT5_EVERY === 0,
      }),
    ),
  );
  return { ...populationOf(members.slice(0, options.devices), seed), wallSeed: demo.seed };
}

function madeUp(options: Options, broker: string): Population {
  const seed = options.seed ?? 'load';
  const devices = devicesOf(makeWorld(seed));
  const count = options.devices ?? devices.length;
  const members = Array.from({ length: count }, (_, index): Member => {
    const model = devices[index % devices.length];
    if (!model) throw new Error('a world without devices');
    const round = Math.floor(index / devices.length);
    const device = round === 0 ? model : { ...model, id: `${model.id}-${round}` };
    return { device, url: broker, username: device.id, password: device.id, mqtt5: false };
  });
  return { ...populationOf(members, seed), wallSeed: seed };
}

function populationOf(members: Member[], seed: string): Omit<Population, 'wallSeed'> {
  const byCommunity = Map.groupBy(members, (member) => member.device.communityId);
  const world = makeWorld(seed);
  const communities = world.communities.map((community) => ({
    ...community,
    devices: (byCommunity.get(community.id) ?? []).map((member) => member.device),
  }));
  return { members, seed, world: { ...world, communities } };
}

function withoutUndefined(device: Omit<Device, 'options'> & { options?: Device['options'] | undefined }): Device {
  const { options, ...rest } = device;
  return options ? { ...rest, options } : rest;
}
