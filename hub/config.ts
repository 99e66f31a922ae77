/**
 * Settings of the hub: environment variables with the prefix LINLI_, checked once at start. A bad
 * value or an unknown name stops the start with one line that names it.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Evidence } from '../core/alarm.ts';
import { StartError } from '../core/errors.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const days = z.coerce.number().int().min(1).max(36_500);

const file = z.string().min(1);

/** Every setting of the hub; docs/CONFIGURATION.md is generated from it. */
export const hubSettings = {
  LINLI_DATA_DIR: z.string().min(1).default('./data').describe('Folder for everything the programs write.'),
  LINLI_HUB_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of the HTTP listener: console, API, public pages.'),
  LINLI_HUB_PORT: port.default(8080).describe('Its port.'),
  LINLI_HUB_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address people type when a proxy stands before the hub; https makes the cookie Secure.'),
  LINLI_HUB_TLS_CERT: file.optional().describe('Certificate of the HTTP listener (PEM file).'),
  LINLI_HUB_TLS_KEY: file.optional().describe('Its private key (PEM file).'),
  LINLI_UPLINK_HOST: z.string().min(1).default('127.0.0.1').describe('Address of the MQTT listener for gateways.'),
  LINLI_UPLINK_PORT: port.default(1882).describe('Its port.'),
  LINLI_UPLINK_BROKER_URL: z
    .url({ protocol: /^(mqtts?|wss?)$/ })
    .optional()
    .describe('An external MQTT broker between gateways and hub, instead of the listener.'),
  LINLI_UPLINK_PUBLIC_URL: z
    .url({ protocol: /^(mqtts?|wss?)$/ })
    .optional()
    .describe(
      'The address of the uplink that a gateway with a claim code is told, when it is another than the hub sees.',
    ),
  LINLI_UPLINK_TLS_CERT: file.optional().describe('Certificate of the MQTT listener (PEM file).'),
  LINLI_UPLINK_TLS_KEY: file.optional().describe('Its private key (PEM file).'),
  LINLI_UPLINK_TLS_CLIENT_CA: file
    .optional()
    .describe('With it a gateway must also show a certificate that this authority signed (PEM file).'),
  LINLI_UPLINK_TLS_CA: file
    .optional()
    .describe('Authority that signed LINLI_UPLINK_TLS_CERT, handed to a gateway with a claim code (PEM file).'),
  LINLI_RECORDS_URL: z
    .string()
    .regex(/^(sqlite:|postgres(ql)?:\/\/)/, 'must be sqlite:FILE or postgres://…')
    .optional()
    .describe('Records: `sqlite:FILE` (a file in the data folder when absent) or `postgres://…`.'),
  LINLI_SERIES_URL: z
    .string()
    .regex(/^(duckdb:|influx\+https?:\/\/)/, 'must be duckdb:FILE or influx+http(s)://…')
    .optional()
    .describe(
      'Series: `duckdb:FILE` (a file in the data folder when absent) or `influx+http(s)://host:port?org=…&bucket=…` (InfluxDB, VictoriaMetrics).',
    ),
  LINLI_RECORDS_PASSWORD_FILE: file.optional().describe('File with the password for LINLI_RECORDS_URL.'),
  LINLI_SERIES_TOKEN_FILE: file.optional().describe('File with the token for LINLI_SERIES_URL.'),
  LINLI_UPLINK_BROKER_PASSWORD_FILE: file.optional().describe('File with the password for LINLI_UPLINK_BROKER_URL.'),
  LINLI_SERIES_KEEP_DAYS: days
    .default(400)
    .describe('Days that readings are kept (DuckDB; other stores by their own setting).'),
  LINLI_EVENTS_KEEP_DAYS: days.default(90).describe('Days that events are kept, access logs among them.'),
  LINLI_EVIDENCE_KEEP_DAYS: days.default(30).describe('Days that evidence is kept, unless its kind is named below.'),
  LINLI_CLIPS_KEEP_DAYS: days.optional().describe('Days that evidence clips are kept.'),
  LINLI_PICTURES_KEEP_DAYS: days
    .optional()
    .describe('Days that evidence pictures are kept, and those that were asked of cameras.'),
  LINLI_TRACKS_KEEP_DAYS: days.optional().describe('Days that tracks of falling objects are kept.'),
  LINLI_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least to log, JSON lines on stderr; gateways read it too.'),
};
const schema = z.object(hubSettings);

/** Names that other programs of Linli read; they may stand in the hub's environment. */
const FOREIGN =
  /^LINLI_(DEVICE|SIMULATE|SEED|GATEWAY|EDGE|VISION|PANEL|OPCUA|CAMERA|TEST|DEMO|BENCH|NOTIFY|GRAFANA|CHROMIUM|CAMERA)(_|$)/;

export interface HubConfig {
  dataDir: string;
  /** The hub's own folder below the data folder. */
  hubDir: string;
  http: { host: string; port: number; publicUrl: string | undefined; tls: TlsFiles | undefined };
  uplink: {
    host: string;
    port: number;
    brokerUrl: string | undefined;
    publicUrl: string | undefined;
    tls: TlsFiles | undefined;
    /** The authority that gateways need to trust the uplink. */
    caFile: string | undefined;
  };
  recordsUrl: string;
  seriesUrl: string;
  keep: { seriesDays: number; eventsDays: number; evidenceDays: Record<Evidence['type'], number> };
  logLevel: z.infer<typeof schema>['LINLI_LOG_LEVEL'];
}

interface TlsFiles {
  certFile: string;
  keyFile: string;
  clientCaFile: string | undefined;
}

/** Reads the settings from an environment. Throws StartError that names the variable at fault. */
export function readConfig(env: Record<string, string | undefined>): HubConfig {
  for (const name of Object.keys(env)) {
    if (name.startsWith('LINLI_') && !(name in hubSettings) && !FOREIGN.test(name))
      throw new StartError(`${name} is not a setting of Linli: remove it or correct its name`);
  }
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new StartError(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const value = parsed.data;
  const dataDir = resolve(value.LINLI_DATA_DIR);
  const hubDir = join(dataDir, 'hub');
  return {
    dataDir,
    hubDir,
    http: {
      host: value.LINLI_HUB_HOST,
      port: value.LINLI_HUB_PORT,
      publicUrl: value.LINLI_HUB_PUBLIC_URL,
      tls: tlsFiles('LINLI_HUB_TLS', value.LINLI_HUB_TLS_CERT, value.LINLI_HUB_TLS_KEY),
    },
    uplink: {
      host: value.LINLI_UPLINK_HOST,
      port: value.LINLI_UPLINK_PORT,
      brokerUrl: withPassword(value.LINLI_UPLINK_BROKER_URL, secretFile(value, 'LINLI_UPLINK_BROKER_PASSWORD_FILE')),
      publicUrl: value.LINLI_UPLINK_PUBLIC_URL,
      caFile: value.LINLI_UPLINK_TLS_CA,
      tls: tlsFiles(
        'LINLI_UPLINK_TLS',
        value.LINLI_UPLINK_TLS_CERT,
        value.LINLI_UPLINK_TLS_KEY,
        value.LINLI_UPLINK_TLS_CLIENT_CA,
      ),
    },
    recordsUrl: withPassword(
      fileUrl(value.LINLI_RECORDS_URL ?? 'sqlite:', 'sqlite:', join(hubDir, 'records.sqlite')),
      secretFile(value, 'LINLI_RECORDS_PASSWORD_FILE'),
    ),
    seriesUrl: withPassword(
      fileUrl(value.LINLI_SERIES_URL ?? 'duckdb:', 'duckdb:', join(hubDir, 'series.duckdb')),
      secretFile(value, 'LINLI_SERIES_TOKEN_FILE'),
    ),
    keep: {
      seriesDays: value.LINLI_SERIES_KEEP_DAYS,
      eventsDays: value.LINLI_EVENTS_KEEP_DAYS,
      evidenceDays: {
        clip: value.LINLI_CLIPS_KEEP_DAYS ?? value.LINLI_EVIDENCE_KEEP_DAYS,
        picture: value.LINLI_PICTURES_KEEP_DAYS ?? value.LINLI_EVIDENCE_KEEP_DAYS,
        track: value.LINLI_TRACKS_KEEP_DAYS ?? value.LINLI_EVIDENCE_KEEP_DAYS,
        raw: value.LINLI_EVIDENCE_KEEP_DAYS,
      },
    },
    logLevel: value.LINLI_LOG_LEVEL,
  };
}

function tlsFiles(
  prefix: string,
  certFile: string | undefined,
  keyFile: string | undefined,
  clientCaFile?: string,
): TlsFiles | undefined {
  if (!certFile && !keyFile) return undefined;
  if (!certFile || !keyFile) throw new StartError(`${prefix}_CERT and ${prefix}_KEY belong together: set both or none`);
  return { certFile, keyFile, clientCaFile };
}

/** `sqlite:` alone means the file in the data folder; a relative file is below the working folder. */
function fileUrl(url: string, scheme: string, defaultFile: string): string {
  if (!url.startsWith(scheme)) return url;
  const file = url.slice(scheme.length).replace(/^\/\/(?=\/)/, '');
  if (file === '') return scheme + defaultFile;
  return scheme + (file === ':memory:' || isAbsolute(file) ? file : resolve(file));
}

function secretFile(
  value: z.infer<typeof schema>,
  name: keyof typeof hubSettings & `${string}_FILE`,
): string | undefined {
  const file = value[name];
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new StartError(`${name}: ${file} cannot be read`, { cause: error });
  }
}

/** The URL with the secret of a file in the place of its password. */
function withPassword<T extends string | undefined>(url: T, password: string | undefined): T | string {
  if (url === undefined || password === undefined) return url;
  const parsed = new URL(url);
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}
