/**
 * What a device simulator is: one file per kind in simulators/devices, the file name is the kind.
 * It knows the device's own small physics; when it speaks, its battery and its faults are the
 * business of life.ts, and what goes wrong is the business of scenarios.
 */
import type { Device } from '../core/device.ts';
import type { Value } from '../core/reading.ts';
import type { Random } from './random.ts';

export interface SimulatedEvent {
  at: number;
  type: string;
  fields?: Record<string, unknown>;
}

export interface SimulatedDevice {
  /** What it measures at `now` (epoch ms); called with times that never run backwards. */
  telemetry(now: number): Record<string, Value>;
  /** What happens by itself between two instants: people pass, bags are thrown in. */
  events?(from: number, to: number): SimulatedEvent[];
}

export interface DeviceSimulator {
  /** How often it measures on a calm day. */
  periodMs: number;
  /** Whether it lives on a battery that it reports. */
  battery: boolean;
  make(device: Device, random: Random): SimulatedDevice;
}
