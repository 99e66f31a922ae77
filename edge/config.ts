/**
 * The gateway's one YAML file, checked at start: an unknown key or a bad value stops the program
 * with one line that names it. docs/CONFIGURATION.md is generated from this schema (`describe`).
 * A relative file or folder is below the folder of the YAML file. Rules, limits and outbox are read again when it changes. Two variables of the environment
 * win over the file: LINLI_UPLINK_BROKER_URL over hub.url, LINLI_LOG_LEVEL over log.level.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { ruleOverrideSchema } from '../core/effective-rules.ts';
import { StartError } from '../core/errors.ts';
import { deadLettersSchema, deviceLimitsSchema, issueLine, outboxSchema } from '../core/gateway-settings.ts';
import { idSchema } from '../core/text.ts';
import { VARIANTS } from '../devices/protocols/gbt26875.ts';

const port = z.number().int().min(0).max(65_535);
const host = z.string().min(1).max(255);
const file = z.string().min(1);
const whole = z.number().int();
const VARIANT_NAMES = Object.keys(VARIANTS) as (keyof typeof VARIANTS)[];

const tlsSchema = z.strictObject({
  certFile: file.describe('Certificate of the listener (PEM).'),
  keyFile: file.describe('Its private key (PEM).'),
  clientCaFile: file.optional().describe('With it, a client must show a certificate that this authority signed.'),
  expiryWarningDays: whole.min(1).max(365).default(30).describe('Warns this many days before the certificate expires.'),
});

/** A site has a handful of rules of its own; a street's are pushed by the hub. */
const RULES_MAX = 1_000;

const configSchema = z.strictObject({
  gateway: z
    .strictObject({
      id: idSchema.describe('This gateway, as the hub knows it.'),
      communityId: idSchema.describe('The community (小区) whose devices it serves.'),
    })
    .optional()
    .describe('Who this gateway is. Left out when it has a claim code.'),
  claim: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).describe('The hub, as people reach it: https://hub.example.'),
      code: z.string().min(1).max(100).optional().describe('The one-time claim code that the hub showed.'),
      codeFile: file.optional().describe('File that holds the claim code, instead of `claim.code`.'),
      caFile: file.optional().describe('Authority that signed the certificate of that address (PEM).'),
      certFile: file.optional().describe('Certificate of this gateway for mutual TLS on the uplink (PEM).'),
      keyFile: file.optional().describe('Its private key (PEM).'),
    })
    .optional()
    .describe('Instead of `gateway` and `hub`: at its first start the gateway gets both from the hub and keeps them.'),
  dataDir: file.default('./data').describe('Folder for everything the gateway writes.'),
  devices: z
    .strictObject({
      host: host.default('0.0.0.0').describe('Address of the MQTT listener for devices.'),
      port: port.default(1883).describe('Its port.'),
      tls: tlsSchema.optional().describe('Makes the listener speak TLS 1.2 or newer.'),
      limits: deviceLimitsSchema.prefault({}).describe('What one device may cost the others.'),
    })
    .prefault({})
    .describe('The MQTT listener for devices.'),
  hub: z
    .strictObject({
      url: z.url({ protocol: /^(mqtts?|wss?)$/ }).describe('Uplink of the hub or a broker: mqtt://, mqtts://, ws://.'),
      username: z.string().min(1).max(64).optional().describe('Login at the uplink; the gateway id when absent.'),
      secretFile: file.describe('File that holds the secret of this gateway, mode 0600.'),
      caFile: file.optional().describe('Authority that signed the certificate of the hub (PEM).'),
      certFile: file.optional().describe('Certificate of this gateway for mutual TLS (PEM).'),
      keyFile: file.optional().describe('Its private key (PEM).'),
    })
    .optional()
    .describe('The hub. Without it the gateway works alone.'),
  registryFile: file
    .optional()
    .describe('Devices until the hub sends its register, or without one: a JSON list, read again when it changes.'),
  rules: z
    .array(ruleOverrideSchema)
    .max(RULES_MAX)
    .default([])
    .describe(
      'Alarm rules that differ from the kinds’ defaults: {scope, id, rule}; what the hub pushes wins over them.',
    ),
  outbox: outboxSchema.prefault({}).describe('What waits for the hub.'),
  deadLetters: deadLettersSchema.prefault({}).describe('What was refused.'),
  opcua: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Runs the read-only OPC UA server.'),
      host: host.default('127.0.0.1').describe('Its address.'),
      port: port.default(4840).describe('Its port.'),
    })
    .prefault({})
    .describe('OPC UA for building management systems.'),
  gbt26875: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Listens for fire transmission devices (GB/T 26875.3 over TCP).'),
      host: host.default('0.0.0.0').describe('Address of that listener.'),
      port: port.default(26_875).describe('Its port.'),
      connectionsMax: whole.min(1).max(1_000).default(32).describe('Connections at a time.'),
      transmitters: z
        .record(z.string().regex(/^[0-9a-f]{12}$/, 'an address is twelve hexadecimal digits'), z.enum(VARIANT_NAMES))
        .optional()
        .describe('Source address of each device that may send, and how its model deviates from the standard.'),
    })
    .prefault({})
    .describe('Fire panels.'),
  vision: z
    .strictObject({ enabled: z.boolean().default(true).describe('Runs the detector of falling objects (高空抛物).') })
    .prefault({})
    .describe('Cameras.'),
  panel: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Serves the local panel, /metrics and /healthz.'),
      host: host.default('127.0.0.1').describe('Its address.'),
      port: port.default(8090).describe('Its port.'),
      passwordFile: file.optional().describe('File with a password; needed when the panel is not on 127.0.0.1.'),
    })
    .prefault({})
    .describe('The panel in the guard booth.'),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least to log.'),
    })
    .prefault({})
    .describe('Logging, JSON lines on stderr.'),
});

export { configSchema };
/** What the file says. */
export type EdgeFile = z.infer<typeof configSchema>;
/** What a gateway runs on: the file, and who it is. */
export type EdgeConfig = Omit<EdgeFile, 'gateway' | 'claim'> & { gateway: NonNullable<EdgeFile['gateway']> };

type Environment = Record<string, string | undefined>;

/** Reads and checks the file. Throws StartError with one line that names the file and the key. */
export async function loadConfig(path: string, env: Environment): Promise<EdgeFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`${path}: cannot be read (${error.code}); give the gateway's YAML file with --config FILE`);
  });
  return resolvePaths(parseConfig(text, path, env), dirname(resolve(path)));
}

/** The configuration in this text; `name` stands in the messages. */
export function parseConfig(text: string, name: string, env: Environment = {}): EdgeFile {
  let document: unknown;
  try {
    document = parse(text) ?? {};
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new StartError(`${name}${line ? `:${line}` : ''}: not YAML: ${firstLine(error)}`);
  }
  const parsed = configSchema.safeParse(document);
  if (!parsed.success) throw new StartError(`${name}: ${issueLine(parsed.error)}`);
  const fault = identityFault(parsed.data);
  if (fault !== undefined) throw new StartError(`${name}: ${fault}`);
  return applyEnvironment(parsed.data, env);
}

/** A gateway says who it is, or holds a code that will tell it. */
function identityFault({ gateway, hub, claim }: EdgeFile): string | undefined {
  if (!claim)
    return gateway ? undefined : 'gateway: say who the gateway is (id, communityId), or give it a claim code (claim)';
  if (gateway || hub) return `${gateway ? 'gateway' : 'hub'}: comes with the claim code; remove it, or remove claim`;
  const codes = [claim.code, claim.codeFile].filter((one) => one !== undefined);
  return codes.length === 1 ? undefined : 'claim: needs one of code and codeFile';
}

function applyEnvironment(config: EdgeFile, env: Environment): EdgeFile {
  const merged: unknown = {
    ...config,
    ...(env.LINLI_UPLINK_BROKER_URL && config.hub ? { hub: { ...config.hub, url: env.LINLI_UPLINK_BROKER_URL } } : {}),
    ...(env.LINLI_LOG_LEVEL ? { log: { level: env.LINLI_LOG_LEVEL } } : {}),
  };
  const parsed = configSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  const variable = parsed.error.issues[0]?.path[0] === 'hub' ? 'LINLI_UPLINK_BROKER_URL' : 'LINLI_LOG_LEVEL';
  throw new StartError(`${variable}: ${parsed.error.issues[0]?.message}`);
}

function resolvePaths(config: EdgeFile, base: string): EdgeFile {
  const at = (path: string) => resolve(base, path);
  const { hub, claim, devices, panel } = config;
  return {
    ...config,
    dataDir: at(config.dataDir),
    devices: devices.tls ? { ...devices, tls: resolveFiles(devices.tls, at) } : devices,
    panel: resolveFiles(panel, at),
    ...(config.registryFile ? { registryFile: at(config.registryFile) } : {}),
    ...(hub ? { hub: resolveFiles(hub, at) } : {}),
    ...(claim ? { claim: resolveFiles(claim, at) } : {}),
  };
}

/** Resolves every key that ends with `File`. */
function resolveFiles<T extends object>(section: T, at: (path: string) => string): T {
  const entries = Object.entries(section).map(([key, value]) => [
    key,
    key.endsWith('File') && typeof value === 'string' ? at(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
