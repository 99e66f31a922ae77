/**
 * The life of a world: when each device speaks, its battery, its faults, and the scenarios laid
 * over it. In: the instant to advance to. Out: everything said on the way, in order of time. No
 * clock and no network, so a night passes in seconds and the same seed gives the same night.
 */
import type { Device } from '../core/device.ts';
import type { Value } from '../core/reading.ts';
import { type Random, seededRandom } from './random.ts';
import { rounded } from './rhythm.ts';
import type { Action, Ramp, Step } from './scenario.ts';
import type { DeviceSimulator, SimulatedDevice } from './simulator.ts';

export type Happening =
  | { type: 'telemetry'; at: number; device: Device; values: Record<string, Value> }
  | { type: 'event'; at: number; device: Device; event: string; fields: Record<string, unknown> }
  | { type: 'throw'; at: number; device: Device }
  | { type: 'cut'; at: number; gatewayId: string; forMs: number };

export interface Life {
  /** Everything that happens after the last call and up to `to` (epoch ms). */
  advance(to: number): Happening[];
  /** Lays a scenario's steps over the life, `startAt` being their zero. */
  play(steps: readonly Step[], startAt: number): void;
}

/** How often a device measures while a scenario holds it: a real one also speaks up when values move. */
const HELD_PERIOD_MS = 4_000;
/** Every device speaks within this span of the start, so that a console is never empty for long. */
const FIRST_WORD_MS = 8_000;
/** A battery lasts about two years. */
const BATTERY_PERCENT_PER_MS = 100 / (730 * 24 * 3_600_000);
/** A device loses its network about once in 200 days, for up to an hour. */
const DROPOUTS_PER_MS = 1 / (200 * 24 * 3_600_000);
const DROPOUT_MS_MAX = 3_600_000;

interface Hold {
  fromAt: number;
  untilAt: number;
  fields: Record<string, Value | Ramp>;
}

interface Resident {
  device: Device;
  simulator: DeviceSimulator;
  self: SimulatedDevice;
  random: Random;
  nextAt: number;
  silentUntilAt: number;
  battery: { percent: number; at: number } | undefined;
  rssiDbm: number;
  holds: Hold[];
}

export interface LifeOptions {
  devices: readonly Device[];
  simulators: ReadonlyMap<string, DeviceSimulator>;
  seed: string;
  startAt: number;
}

export function makeLife(options: LifeOptions): Life {
  const residents = new Map(options.devices.map((device) => [device.id, settle(device, options)]));
  let now = options.startAt;
  let planned: { at: number; action: Action }[] = [];

  return {
    advance(to) {
      const due = planned.filter((step) => step.at <= to);
      planned = planned.filter((step) => step.at > to);
      const happenings = due.flatMap((step) => act(step.action, step.at, residents));
      for (const resident of residents.values()) happenings.push(...live(resident, now, to));
      now = to;
      return happenings.sort((a, b) => a.at - b.at);
    },
    play(steps, startAt) {
      for (const step of steps) planned.push({ at: startAt + step.atMs, action: step });
    },
  };
}

function settle(device: Device, options: LifeOptions): Resident {
  const simulator = options.simulators.get(device.kind);
  if (!simulator)
    throw new Error(`simulators/devices/${device.kind}.ts is missing: kind ${device.kind} cannot be simulated`);
  const random = seededRandom(`${options.seed}/life/${device.id}`);
  return {
    device,
    simulator,
    self: simulator.make(device, random.fork('self')),
    random,
    nextAt: options.startAt + random.between(0, Math.min(FIRST_WORD_MS, simulator.periodMs)),
    silentUntilAt: 0,
    battery: simulator.battery ? { percent: random.between(35, 100), at: options.startAt } : undefined,
    rssiDbm: Math.round(random.between(-92, -55)),
    holds: [],
  };
}

function act(action: Action, at: number, residents: ReadonlyMap<string, Resident>): Happening[] {
  if (action.type === 'cut') return [{ type: 'cut', at, gatewayId: action.gatewayId, forMs: action.forMs }];
  const resident = residents.get(action.deviceId);
  if (!resident) return [];
  const { device } = resident;
  switch (action.type) {
    case 'event':
      return [{ type: 'event', at, device, event: action.event, fields: action.fields ?? {} }];
    case 'throw':
      return [{ type: 'throw', at, device }];
    case 'silence':
      resident.silentUntilAt = at + action.forMs;
      return [];
    case 'hold':
      resident.holds.push({ fromAt: at, untilAt: at + action.forMs, fields: action.fields });
      resident.nextAt = Math.min(resident.nextAt, at);
      return [];
  }
}

function live(resident: Resident, from: number, to: number): Happening[] {
  const { device, self, random } = resident;
  const said: Happening[] = (self.events?.(from, to) ?? []).map((event) => ({
    type: 'event',
    at: event.at,
    device,
    event: event.type,
    fields: event.fields ?? {},
  }));
  if (random.chance((to - from) * DROPOUTS_PER_MS)) resident.silentUntilAt = to + random.between(0, DROPOUT_MS_MAX);
  while (resident.nextAt <= to) {
    const at = Math.round(resident.nextAt);
    said.push({ type: 'telemetry', at, device, values: measure(resident, at) });
    const held = resident.holds.length > 0;
    resident.nextAt += held ? HELD_PERIOD_MS : resident.simulator.periodMs * random.between(0.95, 1.05);
  }
  return said.filter((happening) => happening.at >= resident.silentUntilAt);
}

function measure(resident: Resident, at: number): Record<string, Value> {
  const values = resident.self.telemetry(at);
  resident.holds = resident.holds.filter((hold) => hold.untilAt > at);
  for (const hold of resident.holds) {
    if (hold.fromAt > at) continue;
    for (const [field, value] of Object.entries(hold.fields))
      values[field] = typeof value === 'object' ? along(value, at - hold.fromAt) : value;
  }
  const { battery } = resident;
  if (battery) {
    battery.percent -= (at - battery.at) * BATTERY_PERCENT_PER_MS;
    battery.at = at;
    // A dead cell is changed; the new one is full.
    if (battery.percent < 5) battery.percent = 100;
    values.batteryPercent = Math.round(battery.percent);
    values.rssiDbm = resident.rssiDbm + Math.round(resident.random.normal());
  }
  return values;
}

function along(ramp: Ramp, sinceMs: number): number {
  const share = Math.min(1, Math.max(0, sinceMs / ramp.overMs));
  return rounded(ramp.from + (ramp.to - ramp.from) * share, 3);
}
