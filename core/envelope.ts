/**
 * What gateway and hub say to each other over MQTT 5: the only place where they meet.
 *
 * Up: `linli-uplink/v1/{gatewayId}/up/{lane}` carries one Batch (zstd of JSON, then, for evidence,
 * the raw bytes). A batch is (epoch, lane, seq); seq grows by one within a lane. The hub stores,
 * then answers on `…/down/ack`. A batch sent twice changes nothing. `…/up/heartbeat` is a hint, not
 * durable. `…/up/ack` acknowledges a downlink.
 * A field that the other side's release does not know is left out and counted (core/tolerant.ts).
 * Down: `…/down/downlink` carries one Downlink with its own sequence, sent until acknowledged.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { alarmFactSchema, evidenceSchema } from './alarm.ts';
import { registeredDeviceSchema } from './device.ts';
import { ruleOverrideSchema } from './effective-rules.ts';
import { INHIBITIONS_MAX, inhibitionSchema } from './inhibition.ts';
import { LIMITS } from './limits.ts';
import { muteWindowSchema } from './mute-window.ts';
import { plainJsonSchema } from './plain-json.ts';
import { idSchema, instantSchema } from './text.ts';
import { readTolerant } from './tolerant.ts';

/**
 * Lanes by priority, the most urgent first; each has its own sequence and never waits for a lower one.
 * `backlog` is telemetry from while the hub was away: it follows beside the live one and is history.
 */
export const LANES = ['urgent', 'alarm', 'event', 'telemetry', 'backlog', 'evidence'] as const;
export type Lane = (typeof LANES)[number];

const valueSchema = z.union([z.number(), z.boolean(), z.string().max(500)]);
/** A text without control characters and the like: it is shown to people, and a database takes it as it is. */
const plainText = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .regex(/^\P{C}*$/u, 'has characters that cannot be shown');
const deviceRef = { deviceId: idSchema, kind: idSchema, communityId: idSchema };

export const entrySchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('fact'), fact: alarmFactSchema }),
  z.strictObject({
    type: z.literal('event'),
    id: z.string().max(64),
    ...deviceRef,
    at: instantSchema,
    receivedAt: instantSchema,
    quality: z.enum(['good', 'clamped', 'late']),
    event: z.string().max(64),
    fields: z.record(z.string(), z.unknown()),
  }),
  /** Telemetry of one device, in columns: `values[field][i]` belongs to `at[i]`; null where absent. */
  z.strictObject({
    type: z.literal('telemetry'),
    ...deviceRef,
    at: z.array(instantSchema).min(1),
    receivedAt: z.array(instantSchema),
    quality: z.array(z.enum(['good', 'clamped', 'late'])),
    values: z.record(z.string().max(64), z.array(valueSchema.nullable())),
  }),
  z.strictObject({
    type: z.literal('liveness'),
    ...deviceRef,
    liveness: z.enum(['online', 'unavailable']),
    lastSeenAt: instantSchema,
    at: instantSchema,
  }),
  /** The exact account of what was evicted from a lane: these devices, this span, so many. */
  z.strictObject({
    type: z.literal('gap'),
    id: z.string().max(64),
    lane: z.enum(LANES),
    deviceId: idSchema,
    fromAt: instantSchema,
    toAt: instantSchema,
    count: z.number().int().positive(),
    reason: z.enum(['size-cap', 'disk-floor', 'corrupt']),
  }),
  /** What the gateway refused of a device; of a storm only the first few of each minute are told. */
  z.strictObject({
    type: z.literal('dead-letter'),
    id: z.string().max(64),
    ...deviceRef,
    topic: plainText(400),
    /** When it arrived at the gateway. */
    at: instantSchema,
    reason: plainText(64),
    /** Size of the whole payload. */
    bytes: z.number().int().nonnegative(),
    /** The beginning of the payload, made safe to show. */
    sample: plainText(200),
  }),
  z.strictObject({ type: z.literal('evidence'), alarmId: z.string().max(64), evidence: evidenceSchema }),
  /** What a camera sees, at the asking of a person (command `take-picture`); its bytes travel as evidence's do. */
  z.strictObject({ type: z.literal('camera-picture'), deviceId: idSchema, picture: evidenceSchema }),
  z.strictObject({
    type: z.literal('command-status'),
    commandId: z.string().max(64),
    deviceId: idSchema,
    at: instantSchema,
    status: z.enum(['delivered', 'done', 'failed', 'expired']),
    error: z.string().max(500).optional(),
    result: z.unknown().optional(),
  }),
]);
export type Entry = z.infer<typeof entrySchema>;

/** The frame of a batch; its entries are validated one by one, so that one bad entry rejects only itself. */
export const batchSchema = z.strictObject({
  gatewayId: idSchema,
  /** Made when the gateway's store is made; a new store starts a new count. */
  epoch: z.string().max(64),
  lane: z.enum(LANES),
  seq: z.number().int().positive(),
  /**
   * The sequence of the lane that went before this one (what was evicted in between is none): a hub that
   * has stored less than this knows that a broker on the way lost something.
   */
  after: z.number().int().nonnegative().optional(),
  sentAt: instantSchema,
  /** Kept through an outage and sent afterwards: lands as history, notifies nobody about what is over. */
  history: z.boolean(),
  entries: z.array(z.unknown()).max(100_000),
});
export interface Batch extends Omit<z.infer<typeof batchSchema>, 'entries'> {
  entries: Entry[];
  /** The bytes of an evidence entry or a camera's picture. */
  blob?: Uint8Array;
}

/** Hub → gateway: everything up to `seq` of this lane is stored; entries that were not are named. */
export const ackSchema = z.strictObject({
  epoch: z.string().max(64),
  lane: z.enum(LANES),
  seq: z.number().int().nonnegative(),
  /** When the hub said it, by its own clock. */
  at: instantSchema.optional(),
  /** The batch is not taken: something between `seq` and it is missing here; send from there again. */
  missing: z.literal(true).optional(),
  rejected: z.array(z.strictObject({ index: z.number().int().nonnegative(), reason: z.string().max(500) })).optional(),
});
export type Ack = z.infer<typeof ackSchema>;

/** Something that the hub pushed and the gateway does not run, with the reason for people. */
const refusedVersionSchema = z.object({
  version: z.number().int().nonnegative(),
  reason: z.string().max(500),
  at: instantSchema,
});

export type RefusedVersion = z.infer<typeof refusedVersionSchema>;

const cameraHealthSchema = z.object({
  deviceId: idSchema,
  state: z.string().max(40),
  fps: z.number(),
  skippedShare: z.number(),
  /** Frames since the camera began. */
  frames: z.strictObject({ looked: z.number(), skipped: z.number() }).optional(),
  /** What the whole picture went through in the last seconds: falls were found less surely, or not at all. */
  disturbed: z.string().max(40).optional(),
  /** Since the camera began: how often, for how long together, when last. */
  disturbances: z
    .array(
      z.strictObject({
        /** `shake` or `light-step`; a newer gateway may know more. */
        type: z.string().max(40),
        count: z.int().nonnegative(),
        seconds: z.number().nonnegative(),
        lastAt: instantSchema,
      }),
    )
    .max(8)
    .optional(),
  /** How many times likelier a fall must be than where nothing is nearly taken for one: 1 is a calm picture. */
  caution: z.number().min(1).max(1_000).optional(),
  /** Why it is not running, in one line. */
  reason: z.string().max(300).optional(),
});

/** Not strict: a newer gateway may say more than this hub knows. */
export const heartbeatSchema = z.object({
  gatewayId: idSchema,
  epoch: z.string().max(64),
  at: instantSchema,
  startedAt: instantSchema,
  version: z.string().max(40),
  configVersion: z.string().max(64),
  registryVersion: z.number().int().nonnegative(),
  /** Which pushed versions run, 0 for none; and the newest that was not taken. */
  rules: z.object({ version: z.number().int().nonnegative(), refused: refusedVersionSchema.optional() }).optional(),
  settings: z.object({ version: z.number().int().nonnegative(), refused: refusedVersionSchema.optional() }).optional(),
  /** What is wrong on the gateway and can be mended by people, one line each. */
  problems: z.array(z.string().max(500)).max(20).optional(),
  backlog: z.record(
    z.string(),
    z.strictObject({ batches: z.number(), bytes: z.number(), oldestAt: z.number().nullable() }),
  ),
  /**
   * Lane → the last sequence that was sent and has no acknowledgement: the hub answers where it stands, so
   * that a last batch which a broker lost is missed although nothing comes behind it.
   */
  underWay: z.record(z.string().max(64), z.number().int().positive()).optional(),
  evicted: z.number().int().nonnegative(),
  deadLetters: z.number().int().nonnegative(),
  devices: z.strictObject({ known: z.number(), online: z.number(), connected: z.number() }),
  cameras: z.array(cameraHealthSchema).optional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const downlinkBodySchema = z.discriminatedUnion('type', [
  /** Facts that people stated on the hub. */
  z.strictObject({ type: z.literal('facts'), facts: z.array(alarmFactSchema) }),
  /** The whole register of the gateway's devices: the gateway keeps it and serves from it with no hub. */
  z.strictObject({
    type: z.literal('registry'),
    version: z.number().int().positive(),
    devices: z.array(registeredDeviceSchema).max(20_000),
  }),
  /** Rules that differ from the kinds' defaults. */
  z.strictObject({
    type: z.literal('rules'),
    version: z.number().int().positive(),
    overrides: z.array(ruleOverrideSchema).max(10_000),
    /** Maintenance and fire tests, in force or to come; one left out is withdrawn. */
    windows: z.array(muteWindowSchema).max(1_000).optional(),
    /** Which alarms mute which: the whole list; absent: the defaults of core/inhibition.ts. */
    inhibitions: z.array(inhibitionSchema).max(INHIBITIONS_MAX).optional(),
  }),
  /** The hot part of the configuration (core/gateway-settings.ts); the gateway itself says whether it takes it. */
  z.strictObject({
    type: z.literal('settings'),
    version: z.number().int().positive(),
    settings: z.record(z.string(), plainJsonSchema),
  }),
  z.strictObject({
    type: z.literal('command'),
    id: z.string().max(64),
    deviceId: idSchema,
    name: z.string().max(64),
    args: z.record(z.string(), plainJsonSchema),
    deadlineAt: instantSchema,
    by: z.string().max(64),
  }),
  /** Send again what you keep of this span. */
  z.strictObject({
    type: z.literal('resend'),
    fromAt: instantSchema,
    toAt: instantSchema,
    lanes: z.array(z.enum(LANES)),
  }),
]);
export type DownlinkBody = z.infer<typeof downlinkBodySchema>;

export const downlinkSchema = z.strictObject({
  seq: z.number().int().positive(),
  sentAt: instantSchema,
  body: downlinkBodySchema,
});
export type Downlink = z.infer<typeof downlinkSchema>;

export const downlinkAckSchema = z.strictObject({ seq: z.number().int().nonnegative() });

const ROOT = 'linli-uplink/v1';

export const uplinkTopics = {
  up: (gatewayId: string, channel: Lane | 'heartbeat' | 'ack') => `${ROOT}/${gatewayId}/up/${channel}`,
  down: (gatewayId: string, channel: 'ack' | 'downlink') => `${ROOT}/${gatewayId}/down/${channel}`,
  allUp: `${ROOT}/+/up/#`,
  allDown: (gatewayId: string) => `${ROOT}/${gatewayId}/down/#`,
  /** Undefined for a topic that is not an uplink topic. */
  parse(topic: string): { gatewayId: string; direction: 'up' | 'down'; channel: string } | undefined {
    const match = /^linli-uplink\/v1\/([a-z0-9-]{1,64})\/(up|down)\/([a-z]+)$/.exec(topic);
    if (!match?.[1] || !match[3]) return undefined;
    return { gatewayId: match[1], direction: match[2] as 'up' | 'down', channel: match[3] };
  },
};

/** Bytes of a batch: 4 bytes length of the compressed JSON, the JSON, the blob if any. */
export function encodeBatch(batch: Batch): Buffer {
  const { blob, entries, ...head } = batch;
  return encodeBatchText(head, JSON.stringify(entries), blob);
}

/** The same for entries that are JSON already, as a store keeps them: they need no parsing on the way out. */
export function encodeBatchText(head: Omit<Batch, 'entries' | 'blob'>, entriesJson: string, blob?: Uint8Array): Buffer {
  const json = zstdCompressSync(`${JSON.stringify(head).slice(0, -1)},"entries":${entriesJson}}`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat(blob ? [length, json, blob] : [length, json]);
}

/**
 * The batch in these bytes with its entries still unknown, or why it is none. Never throws:
 * the bytes come over a network.
 */
export function decodeBatch(
  bytes: Buffer,
):
  | { ok: true; batch: z.infer<typeof batchSchema>; blob: Buffer | undefined; unknownFields: number }
  | { ok: false; reason: string } {
  if (bytes.length < 4) return { ok: false, reason: 'shorter than its length field' };
  const length = bytes.readUInt32LE(0);
  if (length > bytes.length - 4) return { ok: false, reason: 'length field beyond the end' };
  try {
    const json = zstdDecompressSync(bytes.subarray(4, 4 + length), { maxOutputLength: 64 * LIMITS.batchBytesMax });
    const parsed = readTolerant(batchSchema, JSON.parse(json.toString('utf8')));
    if (!parsed.success) return { ok: false, reason: z.prettifyError(parsed.error).slice(0, 500) };
    const blob = bytes.length > 4 + length ? bytes.subarray(4 + length) : undefined;
    return { ok: true, batch: parsed.data, blob, unknownFields: parsed.unknownFields };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
