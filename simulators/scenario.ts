/**
 * What a scenario is: a timeline of things that happen to devices of a world, as data. One file
 * each in simulators/scenarios, the file name is the name for `npm run simulate -- --scenario NAME`.
 */
import type { Device } from '../core/device.ts';
import type { Value } from '../core/reading.ts';
import type { Text } from '../core/text.ts';
import type { Random } from './random.ts';
import { devicesOf, type World } from './world.ts';

/** A value that moves evenly from one number to another. */
export interface Ramp {
  from: number;
  to: number;
  overMs: number;
}

export type Action =
  /** The device calls out an event. */
  | { type: 'event'; deviceId: string; event: string; fields?: Record<string, unknown> }
  /** The device measures these values in place of its own, more often than usual, for a while. */
  | { type: 'hold'; deviceId: string; fields: Record<string, Value | Ramp>; forMs: number }
  /** The device says nothing for a while. */
  | { type: 'silence'; deviceId: string; forMs: number }
  /** Something falls through the camera's picture. */
  | { type: 'throw'; deviceId: string }
  /** The gateway loses its way to the hub for a while. */
  | { type: 'cut'; gatewayId: string; forMs: number };

/** `atMs` counts from the scenario's start. */
export type Step = Action & { atMs: number };

export interface Scenario {
  title: Text;
  /** What an operator sees, as one sentence. */
  shows: Text;
  durationMs: number;
  steps(world: World, random: Random): Step[];
}

/** A scenario needs a kind of device that this world does not have: a few devices are no estate. */
export class NoDeviceError extends Error {
  override name = 'NoDeviceError';
  constructor(kind: string) {
    super(`there is no ${kind} among the simulated devices`);
  }
}

/** The device with this id, or else a random one of the kind, so that a scenario fits any world. Throws NoDeviceError. */
export function deviceFor(world: World, random: Random, wanted: { kind: string; id?: string; near?: Device }): Device {
  const all = devicesOf(world).filter((device) => device.kind === wanted.kind);
  const exact = all.find((device) => device.id === wanted.id);
  if (exact) return exact;
  const { near } = wanted;
  const beside = all.filter(
    (device) => near && device.communityId === near.communityId && device.location.zone === near.location.zone,
  );
  if (all.length === 0) throw new NoDeviceError(wanted.kind);
  return random.pick(beside.length > 0 ? beside : all);
}
