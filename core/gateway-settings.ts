/**
 * The part of a gateway's configuration that may change while it runs: keys of its YAML file that the
 * hub can push too, checked by the same schema at both ends. Defaults belong to the file; what the
 * hub pushes names only what it wants otherwise.
 */
import { z } from 'zod';

const whole = z.number().int();

const deviceLimitsShape = {
  connectionsMax: whole.min(1).max(100_000).describe('Device connections at a time.'),
  connectionsPerDeviceMax: whole.min(1).max(16).describe('Connections of one device at a time.'),
  messagesPerSecondMax: whole
    .min(1)
    .max(1_000_000)
    .describe('Messages a second of one device, on average; beyond it the gateway reads it more slowly.'),
  messagesBurstMax: whole.min(1).max(1_000_000).describe('Messages of one device at once before that.'),
  bytesPerSecondMax: whole
    .min(1_024)
    .max(1_000_000_000)
    .describe('Payload bytes a second of one device, on average, four times as many at once; beyond it likewise.'),
  subscriptionsMax: whole.min(1).max(100).describe('Subscriptions of one connection.'),
  topicLevelsMax: whole
    .min(5)
    .max(100)
    .describe('Levels of a topic that a device publishes or subscribes to; its own telemetry has five.'),
  unreadTimeoutMs: whole
    .min(1_000)
    .max(600_000)
    .describe('A connection that does not read what is sent to it is cut after so long.'),
  connectTimeoutMs: whole.min(100).max(120_000).describe('Time for a connection to log in.'),
  failedLoginsMax: whole
    .min(1)
    .max(1_000)
    .describe(
      'Failed logins of one user name within a minute before further ones wait; thirty times as many for one address.',
    ),
};

const outboxShape = {
  sizeMegabyteMax: whole.min(8).max(1_000_000).describe('Most that may wait for the hub.'),
  diskFreeMegabyteMin: whole.min(0).max(1_000_000).describe('Disk space that must stay free.'),
  keepDays: whole.min(0).max(365).describe('Days that acknowledged batches are kept for a resend.'),
  lingerMs: whole.min(0).max(60_000).describe('How long telemetry is gathered into one batch.'),
  windowBatches: whole.min(1).max(256).describe('Batches under way without an acknowledgement.'),
};

const deadLettersShape = {
  countMax: whole.min(1).max(1_000_000).describe('Refused payloads that are kept.'),
};

/** As the YAML file has them: every key with its default. */
export const deviceLimitsSchema = withDefaults(deviceLimitsShape, {
  connectionsMax: 10_000,
  connectionsPerDeviceMax: 2,
  messagesPerSecondMax: 200,
  messagesBurstMax: 2_000,
  bytesPerSecondMax: 8 * 1024 * 1024,
  subscriptionsMax: 8,
  topicLevelsMax: 8,
  unreadTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  failedLoginsMax: 10,
});
export const outboxSchema = withDefaults(outboxShape, {
  sizeMegabyteMax: 4_096,
  diskFreeMegabyteMin: 512,
  keepDays: 7,
  lingerMs: 250,
  windowBatches: 16,
});
export const deadLettersSchema = withDefaults(deadLettersShape, { countMax: 2_000 });

/** As the hub pushes them: only what is to be otherwise than in the file. */
export const gatewaySettingsSchema = z.strictObject({
  devices: z.strictObject({ limits: z.strictObject(deviceLimitsShape).partial().optional() }).optional(),
  outbox: z.strictObject(outboxShape).partial().optional(),
  deadLetters: z.strictObject(deadLettersShape).partial().optional(),
});
export type GatewaySettings = z.infer<typeof gatewaySettingsSchema>;

function withDefaults<S extends Record<string, z.ZodNumber>>(shape: S, defaults: { [K in keyof S]: number }) {
  const entries = Object.entries(shape).map(([key, schema]) => [
    key,
    schema.default(defaults[key] as number).describe(schema.description ?? ''),
  ]);
  return z.strictObject(Object.fromEntries(entries) as { [K in keyof S]: z.ZodDefault<S[K]> });
}

/** The first fault of what was pushed, in one line that names the key; undefined when there is none. */
export function settingsFault(settings: unknown): string | undefined {
  const parsed = gatewaySettingsSchema.safeParse(settings);
  return parsed.success ? undefined : issueLine(parsed.error);
}

/** `devices.limits.colour is not a key of the configuration`, `outbox.keepDays: too big`. */
export function issueLine(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'the configuration is wrong';
  if (issue.code === 'unrecognized_keys') {
    const key = [...issue.path, issue.keys[0]].join('.');
    return `${key} is not a key of the configuration (see docs/CONFIGURATION.md)`;
  }
  return `${issue.path.join('.') || 'the file'}: ${issue.message}`;
}
