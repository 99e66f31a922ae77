/**
 * Recorded history for trying a rule: JSON lines from a file, or a hub's series and events over its
 * API. In: where it lies. Out: observations in the order of their time, and the devices behind them.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Device, deviceSchema } from '../../core/device.ts';
import { StartError } from '../../core/errors.ts';
import type { Observation, Value } from '../../core/reading.ts';
import { problemText } from '../../core/rule-pieces.ts';
import { instantSchema } from '../../core/text.ts';

export interface History {
  devices: Device[];
  observations: Observation[];
}

const valueSchema = z.union([z.number(), z.boolean(), z.string()]);

/** One line of a file: as a device said it, with who and when. Whatever else stands there is ignored. */
const lineSchema = z
  .object({
    deviceId: z.string(),
    kind: z.string().optional(),
    communityId: z.string().optional(),
    at: instantSchema,
    receivedAt: instantSchema.optional(),
    quality: z.enum(['good', 'clamped', 'late']).optional(),
    values: z.record(z.string(), valueSchema).optional(),
    type: z.string().optional(),
    fields: z.record(z.string(), z.unknown()).optional(),
    location: deviceSchema.shape.location.optional(),
  })
  .refine((line) => (line.values === undefined) !== (line.type === undefined), {
    error: 'needs either values (telemetry) or type (event)',
  });

/** Throws StartError that names the line. `kind` is for lines that do not say theirs. */
export function readHistory(path: string, kind: string): History {
  const devices = new Map<string, Device>();
  const observations: Observation[] = [];
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      if (text.trim() === '') return;
      const parsed = lineSchema.safeParse(parseJson(text));
      if (!parsed.success) throw new StartError(`${path}, line ${index + 1}: ${problemText(parsed.error)}`);
      const line = parsed.data;
      const device: Device = devices.get(line.deviceId) ?? {
        id: line.deviceId,
        kind: line.kind ?? kind,
        communityId: line.communityId ?? 'trial',
        gatewayId: 'trial',
        name: line.deviceId,
        location: line.location ?? {},
      };
      devices.set(device.id, device);
      observations.push(observationOf(device, line));
    });
  return { devices: [...devices.values()], observations };
}

function observationOf(
  device: Device,
  line: {
    at: number;
    receivedAt?: number | undefined;
    quality?: Observation['quality'] | undefined;
    values?: Record<string, Value> | undefined;
    type?: string | undefined;
    fields?: Record<string, unknown> | undefined;
  },
): Observation {
  const { id: deviceId, kind, communityId } = device;
  const said = { deviceId, kind, communityId, at: line.at, receivedAt: line.receivedAt ?? line.at };
  const quality = line.quality ?? 'good';
  return line.values
    ? { ...said, quality, channel: 'telemetry', values: line.values }
    : { ...said, quality, channel: 'event', type: line.type ?? '', fields: line.fields ?? {} };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Buckets of one call of the series route. */
const BUCKETS_MAX = 10_000;
const TIMEOUT_MS = 30_000;

/**
 * Fetches the fields and events that a rule reads, of every device of the kinds. The hub answers in
 * buckets; of a bucket with several readings the highest and the lowest are both played, so a limit
 * that was crossed is crossed here too.
 */
export async function fetchHistory(options: {
  hubUrl: string;
  token: string;
  kinds: readonly string[];
  communityId?: string | undefined;
  deviceId?: string | undefined;
  fields: readonly string[];
  events: readonly string[];
  fromAt: number;
  toAt: number;
  stepMs: number;
  /** A series holds numbers only: what a device says as true or false lies in it as 1 or 0. */
  isBoolean?: (kind: string, field: string) => boolean;
}): Promise<History> {
  const { hubUrl, token, kinds, communityId, deviceId, fields, events, fromAt, toAt, stepMs } = options;
  const get = async <T>(path: string, query: Record<string, string | number>): Promise<T> => {
    const url = new URL(path, hubUrl);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new StartError(`the hub at ${hubUrl} cannot be reached`, { cause });
    });
    if (!answer.ok) throw new StartError(`the hub answered ${answer.status} to ${url.pathname}`);
    return (await answer.json()) as T;
  };
  const pages = async <T>(path: string, query: Record<string, string | number>): Promise<T[]> => {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: T[]; nextCursor: string | null } = await get(path, {
        ...query,
        limit: 500,
        ...(cursor ? { cursor } : {}),
      });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return items;
  };

  const all = await pages<Device>('/api/devices', communityId === undefined ? {} : { communityId });
  const devices = all.filter(
    (device) => kinds.includes(device.kind) && (deviceId === undefined || device.id === deviceId),
  );
  const observations: Observation[] = [];
  for (const device of devices) {
    for (const field of fields)
      for (let start = fromAt; start < toAt; start += BUCKETS_MAX * stepMs) {
        const to = Math.min(toAt, start + BUCKETS_MAX * stepMs);
        const path = `/api/devices/${encodeURIComponent(device.id)}/series`;
        const { points } = await get<{ points: [number, number, number, number, number][] }>(path, {
          field,
          from: start,
          to,
          stepMs,
        });
        for (const [at, min, avg, max, count] of points)
          for (const value of count === 1 ? [avg] : [max, min])
            observations.push(
              observationOf(device, {
                at,
                values: { [field]: options.isBoolean?.(device.kind, field) ? value > 0.5 : value },
              }),
            );
      }
    for (const type of events) {
      const query = { deviceId: device.id, from: fromAt, to: toAt, ...(type === '*' ? {} : { type }) };
      for (const one of await pages<{ at: number; type: string; fields: Record<string, unknown> }>(
        '/api/events',
        query,
      ))
        observations.push(observationOf(device, { at: one.at, type: one.type, fields: one.fields }));
    }
  }
  return { devices, observations: observations.sort((a, b) => a.receivedAt - b.receivedAt) };
}
