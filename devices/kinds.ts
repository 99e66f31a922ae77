/**
 * The device kinds and what their devices may say. `loadKinds` reads the folder (one file per kind,
 * the file name is its id); `decodePayload` turns the bytes of one message into validated values,
 * or says why it is refused. Pure: no clock, no I/O beyond the one folder scan.
 */
import { isAscii } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { DeviceKind, FieldSpec } from '../core/device.ts';
import { LIMITS } from '../core/limits.ts';
import { jsonFault, plainJsonSchema } from '../core/plain-json.ts';
import type { Value } from '../core/reading.ts';
import { scanDefinitions } from '../core/scan.ts';
import { idSchema, instantSchema } from '../core/text.ts';
import { componentSchema } from './protocols/gbt26875-devices.ts';

/** Every kind, by id. Throws StartError on a bad file. */
export function loadKinds(): Promise<ReadonlyMap<string, DeviceKind>> {
  return scanDefinitions<DeviceKind>(fileURLToPath(new URL('./kinds', import.meta.url)));
}

/** What every telemetry payload may carry beside the fields of its kind. */
export const commonTelemetry = {
  /** When it was measured, epoch ms; without it the receive time counts. */
  at: instantSchema.optional(),
  batteryPercent: z.number().min(0).max(100).optional(),
  rssiDbm: z.number().min(-200).max(50).optional(),
};

/** What any device may be told: on what it hangs, and which component of a fire panel it is. */
const commonOptions = z.looseObject({ upstream: idSchema.optional(), gbt26875: componentSchema.optional() });

/** What may stand in the `options` of a device of this kind. */
export function optionsOf(kind: DeviceKind): z.ZodType {
  return kind.options ?? commonOptions;
}

/** How the common fields are shown. */
export const COMMON_FIELDS: Readonly<Record<'batteryPercent' | 'rssiDbm', FieldSpec>> = {
  batteryPercent: { title: { zh: '电量', en: 'Battery' }, type: 'number', unit: '%', decimals: 0, range: [0, 100] },
  rssiDbm: { title: { zh: '信号强度', en: 'Signal' }, type: 'number', unit: 'dBm', decimals: 0, range: [-120, -30] },
};

/** Why a payload is refused: one counter each. */
export const REFUSE_REASONS = [
  'too-large',
  'not-utf8',
  'not-json',
  'not-an-object',
  'missing-field',
  'unknown-field',
  'wrong-type',
  'out-of-range',
  'unknown-event',
] as const;
export type RefuseReason = (typeof REFUSE_REASONS)[number];

export type Decoded =
  | { ok: true; channel: 'telemetry'; at?: number; values: Record<string, Value> }
  | { ok: true; channel: 'event'; at?: number; type: string; fields: Record<string, unknown> }
  | { ok: false; reason: RefuseReason; detail: string };

/**
 * The validated content of one `telemetry` or `event` payload (contract, section 2), or the reason
 * why it is refused. Never throws, whatever the bytes.
 */
export function decodePayload(kind: DeviceKind, channel: 'telemetry' | 'event', payload: Uint8Array): Decoded {
  if (payload.byteLength > LIMITS.payloadBytesMax)
    return refuse('too-large', `${payload.byteLength} bytes, at most ${LIMITS.payloadBytesMax}`);
  const parsed = parseObject(payload);
  if (!parsed.ok) return parsed;
  return channel === 'telemetry' ? decodeTelemetry(kind, parsed.object) : decodeEvent(kind, parsed.object);
}

/** How a device answers a command (contract, section 2). */
const replySchema = z.strictObject({
  id: z.string().max(64),
  ok: z.boolean(),
  error: z.string().max(500).optional(),
  result: plainJsonSchema.optional(),
});

/** The validated reply in one payload, or why it is refused. Never throws, whatever the bytes. */
export function decodeReply(
  payload: Uint8Array,
): { ok: true; reply: z.infer<typeof replySchema> } | Extract<Decoded, { ok: false }> {
  const parsed = parseObject(payload);
  if (!parsed.ok) return parsed;
  const result = replySchema.safeParse(parsed.object);
  return result.success ? { ok: true, reply: result.data } : refuseIssue(result.error, parsed.object);
}

function decodeTelemetry(kind: DeviceKind, object: Record<string, unknown>): Decoded {
  const result = telemetrySchema(kind).safeParse(object);
  if (!result.success) return refuseIssue(result.error, object);
  const { at, ...values } = result.data as Record<string, Value> & { at?: number };
  return { ok: true, channel: 'telemetry', ...(at === undefined ? {} : { at }), values: dropAbsent(values) };
}

function decodeEvent(kind: DeviceKind, object: Record<string, unknown>): Decoded {
  const { type, at, ...rest } = object;
  if (type === undefined) return refuse('missing-field', 'type: an event names its type');
  if (typeof type !== 'string') return refuse('wrong-type', 'type: expected text');
  if (!Object.hasOwn(kind.events, type)) return refuse('unknown-event', `type: ${JSON.stringify(type).slice(0, 80)}`);
  const atResult = commonTelemetry.at.safeParse(at);
  if (!atResult.success) return refuseIssue(atResult.error, object, 'at');
  const result = kind.events[type]?.schema.safeParse(rest);
  if (!result) return refuse('unknown-event', 'type');
  if (!result.success) return refuseIssue(result.error, rest);
  const time = atResult.data === undefined ? {} : { at: atResult.data };
  return { ok: true, channel: 'event', ...time, type, fields: dropAbsent(result.data) };
}

/** Kind → its schema with the common fields, built once. */
const telemetrySchemas = new WeakMap<DeviceKind, z.ZodObject>();

function telemetrySchema(kind: DeviceKind): z.ZodObject {
  const known = telemetrySchemas.get(kind);
  if (known) return known;
  const schema = kind.telemetry.extend(commonTelemetry);
  telemetrySchemas.set(kind, schema);
  return schema;
}

/** `fatal` refuses broken UTF-8 instead of replacing it in silence. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function parseObject(
  payload: Uint8Array,
): { ok: true; object: Record<string, unknown> } | { ok: false; reason: RefuseReason; detail: string } {
  let text: string;
  try {
    // Nearly all payloads are ASCII, which needs no decoding.
    text = isAscii(payload) ? latin1(payload) : utf8.decode(payload);
  } catch {
    return refuse('not-utf8', 'the bytes are no UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse('not-json', error instanceof Error ? error.message.slice(0, 200) : 'no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('not-an-object', 'expected a JSON object');
  // Characters that no database takes come into JSON as escapes only.
  const fault = text.includes('\\u') ? jsonFault(value) : undefined;
  if (fault) return refuse('out-of-range', `${fault.path.slice(1, 81) || 'a field'}: ${fault.message}`);
  return { ok: true, object: value as Record<string, unknown> };
}

function refuse(reason: RefuseReason, detail: string): { ok: false; reason: RefuseReason; detail: string } {
  return { ok: false, reason, detail };
}

function refuseIssue(error: z.ZodError, input: Record<string, unknown>, at?: string) {
  const issue = error.issues[0];
  if (!issue) return refuse('wrong-type', 'unknown fault');
  const path = at ?? issue.path.join('.');
  return refuse(reasonOf(issue, input), `${path}: ${issue.message}`.replace(/^: /, '').slice(0, 300));
}

function reasonOf(issue: z.core.$ZodIssue, input: Record<string, unknown>): RefuseReason {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'unknown-field';
    case 'invalid_type':
    case 'invalid_value':
      return valueAt(input, issue.path) === undefined
        ? 'missing-field'
        : issue.code === 'invalid_type'
          ? 'wrong-type'
          : 'out-of-range';
    case 'too_big':
    case 'too_small':
    case 'invalid_format':
      return 'out-of-range';
    default:
      return 'wrong-type';
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Zod leaves optional fields out; a schema with defaults or transforms may not. */
function dropAbsent<T extends Record<string, unknown>>(object: T): T {
  let absent = false;
  for (const key in object) if (object[key] === undefined) absent = true;
  if (!absent) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
