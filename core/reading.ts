/**
 * What a device said, after validation at the rim: one Observation per message. A reading is one
 * field of one device at one time, with its quality.
 */
export type Value = number | boolean | string;

export type Quality =
  | 'good'
  /** The device's time was more than 5 minutes ahead and was replaced by the receive time. */
  | 'clamped'
  /** It arrived long after it was measured: history, never a fresh alarm. */
  | 'late';

interface Said {
  deviceId: string;
  kind: string;
  communityId: string;
  /** When it was measured, epoch ms. */
  at: number;
  /** When the gateway received it, epoch ms. */
  receivedAt: number;
  quality: Quality;
}

export type Observation =
  | (Said & { channel: 'telemetry'; values: Record<string, Value> })
  | (Said & { channel: 'event'; type: string; fields: Record<string, unknown> });

/** The newest value of a field, as shown: every value carries its age and quality. */
export interface LatestValue {
  field: string;
  value: Value;
  at: number;
  quality: Quality;
  /** How far the clock that said `at` is ahead of the hub's, ms, where that is known and worth correcting. */
  skewMs?: number;
}

/** A device is `unavailable` when silent for longer than its kind allows: neither normal nor alarm. */
export type Liveness = 'unknown' | 'online' | 'unavailable';

/** Numbers and booleans (as 0 and 1) make series; texts are attributes. */
export function seriesValue(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return undefined;
}
