/**
 * What a device is: its record (who, where), and the definition of its kind (what it may say).
 * Kinds live one file each in devices/kinds; the file name is the kind's id.
 */
import { z } from 'zod';
import type { RuleSpec } from './rule.ts';
import { idSchema, type Text } from './text.ts';

export const locationSchema = z.strictObject({
  building: z.string().max(20).optional(),
  unit: z.string().max(20).optional(),
  floor: z.number().int().min(-10).max(200).optional(),
  room: z.string().max(20).optional(),
  /** A place with no address: 北门, 3号垃圾房. */
  spot: z.string().max(60).optional(),
  /** Devices of one zone watch the same space: two smoke detectors of a zone make a confirmed fire. */
  zone: z.string().max(60).optional(),
  /** Metres in the community's own plan, origin at its south-west corner. */
  x: z.number().finite().optional(),
  y: z.number().finite().optional(),
});

export type Location = z.infer<typeof locationSchema>;

/** A device as hub and gateway know it. `options` belongs to the kind (a camera's stream address, …). */
export const deviceSchema = z.strictObject({
  id: idSchema,
  kind: idSchema,
  communityId: idSchema,
  gatewayId: idSchema,
  name: z.string().max(100),
  location: locationSchema,
  options: z.record(z.string(), z.unknown()).optional(),
});

export type Device = z.infer<typeof deviceSchema>;

/** A device with what a gateway needs to let it in: never the secret, only its scrypt hashes (rotation overlaps). */
export const registeredDeviceSchema = deviceSchema.extend({
  secretHashes: z.array(z.string().max(300)).max(4),
});

export type RegisteredDevice = z.infer<typeof registeredDeviceSchema>;

export const DEVICE_FAMILIES = ['gate', 'fire', 'bin', 'high-throw'] as const;
export type DeviceFamily = (typeof DEVICE_FAMILIES)[number];

export interface FieldSpec {
  title: Text;
  type: 'number' | 'boolean' | 'text';
  /** UCUM-like unit for people: °C, MPa, %; absent for booleans and texts. */
  unit?: string;
  /** Digits after the point that mean something. */
  decimals?: number;
  /** The range a chart shows when the data says nothing else. */
  range?: readonly [number, number];
}

export interface EventSpec {
  title: Text;
  /** Fields beside `type` and `at`. */
  schema: z.ZodObject;
}

/** The definition of a device kind: what it may say, how it is shown, what it alarms on by default. */
export interface DeviceKind {
  title: Text;
  family: DeviceFamily;
  /** Strict schema of one telemetry payload without `at`, `batteryPercent`, `rssiDbm`: they are common to all kinds. */
  telemetry: z.ZodObject;
  fields: Readonly<Record<string, FieldSpec>>;
  events: Readonly<Record<string, EventSpec>>;
  /** Strict schema of a device's `options`, where they are more than what any device may be told. */
  options?: z.ZodType;
  /** After this much silence the device is unavailable. */
  silentAfterMs: number;
  rules: readonly RuleSpec[];
  /** A valid telemetry payload of a calm day; `random` gives 0 ≤ x < 1. */
  sample(random: () => number): Record<string, number | boolean | string>;
}

/**
 * Shows a location in one short line: 3号楼2单元5层502. What people typed with its counter ("3号楼" as a
 * building) and a spot that names its building already ("3号楼南立面") are not told twice.
 */
export function locationTitle(location: Location, language: keyof Text = 'zh'): string {
  const { floor, room } = location;
  const unit = location.unit?.replace(/单元$/, '');
  const building = location.building?.replace(/(号楼|栋|幢)$/, '');
  const told = building === undefined ? undefined : new RegExp(`(?<!\\d)${escaped(building)}(号楼|栋|幢)`);
  const isFirst = told !== undefined && location.spot?.search(told) === 0;
  const spot = isFirst && told ? location.spot?.replace(told, '') : location.spot;
  const shown = told && !isFirst && told.test(spot ?? '') ? undefined : building;
  if (language === 'zh') {
    const parts = [shown && `${shown}号楼`, unit && `${unit}单元`, floor !== undefined && `${floor}层`, room, spot];
    return parts.filter(Boolean).join('') || '位置未填';
  }
  const parts = [
    shown && `Bldg ${shown}`,
    unit && `Unit ${unit}`,
    floor !== undefined && `Floor ${floor}`,
    room && `Room ${room}`,
    spot,
  ];
  return parts.filter(Boolean).join(', ') || 'no location';
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The command that a camera's gateway answers itself, with what the camera sees; its result is `{pictureId}`. */
export const TAKE_PICTURE = 'take-picture';
