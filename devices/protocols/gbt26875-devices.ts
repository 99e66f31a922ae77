/**
 * What a fire panel says about one of its components, in the words of a device kind. In: a report of
 * GB/T 26875.3 and the device that stands for the component. Out: messages as the device itself
 * would send them over MQTT. Pure.
 */
import { z } from 'zod';
import type { Device } from '../../core/device.ts';
import { ANALOGUES, type ComponentState, type Report } from './gbt26875-data.ts';

/** `options.gbt26875` of a device: which component of which panel it is. */
export const componentSchema = z.strictObject({
  /** Source address of the transmission device: twelve hexadecimal digits as they are on the wire. */
  address: z.string().regex(/^[0-9a-f]{12}$/, 'an address is twelve hexadecimal digits'),
  systemAddress: z.number().int().min(0).max(255),
  componentAddress: z.number().int().min(0).max(0xffff_ffff),
});

export interface PanelMessage {
  channel: 'telemetry' | 'event';
  payload: Record<string, unknown>;
}

/** The key under which a device with such options and a report about it meet; undefined for neither. */
export function keyOfDevice(device: Device): string | undefined {
  const parsed = componentSchema.safeParse(device.options?.gbt26875);
  if (!parsed.success) return undefined;
  const { address, systemAddress, componentAddress } = parsed.data;
  return `${address}/${systemAddress}/${componentAddress}`;
}

export function keyOfReport(report: Report, address: string): string | undefined {
  if (!('componentAddress' in report)) return undefined;
  return `${address}/${report.systemAddress}/${report.componentAddress}`;
}

/** Kind → the events that stand for the fire bit set and not set. */
const FIRE_EVENTS: Readonly<Record<string, { set: string; clear: string }>> = {
  'smoke-detector': { set: 'alarm', clear: 'alarm-cleared' },
  'gas-detector': { set: 'alarm', clear: 'alarm-cleared' },
  'manual-call-point': { set: 'pressed', clear: 'reset' },
};
const FAULTS: readonly ComponentState[] = ['fault', 'power-fault'];
/** Kinds that can call out a fault. */
const FAULT_KINDS = new Set(['smoke-detector', 'gas-detector', 'water-pressure', 'electrical-fire']);

/** Nothing for a report that the kind has no words for. */
export function messagesOf(report: Report, kind: string): PanelMessage[] {
  if (report.type === 'component-state') return ofState(report.states, kind);
  if (report.type === 'analogue') return ofAnalogue(report, kind);
  return [];
}

function ofState(states: readonly ComponentState[], kind: string): PanelMessage[] {
  const messages: PanelMessage[] = [];
  const fire = FIRE_EVENTS[kind];
  if (fire) messages.push(event(states.includes('fire') ? fire.set : fire.clear));
  if (FAULT_KINDS.has(kind))
    for (const fault of FAULTS.filter((one) => states.includes(one))) messages.push(event('fault', { code: fault }));
  return messages;
}

function ofAnalogue({ analogue, count }: { analogue: number; count: number }, kind: string): PanelMessage[] {
  const measured = ANALOGUES[analogue];
  if (!measured) return [];
  const value = count * measured.perCount;
  const telemetry = (payload: Record<string, number>): PanelMessage[] => [{ channel: 'telemetry', payload }];
  if (kind === 'water-pressure' && measured.unit === 'MPa') return telemetry({ pressureMpa: value });
  if (kind === 'water-pressure' && measured.unit === 'kPa') return telemetry({ pressureMpa: value / 1_000 });
  if (kind === 'gas-detector' && measured.unit === '%LEL') return telemetry({ gasPercentLel: value });
  return [];
}

function event(type: string, fields: Record<string, unknown> = {}): PanelMessage {
  return { channel: 'event', payload: { type, ...fields } };
}
