/** A device's newest values in the order of interest, and which of its fields can be drawn as a series. */
import type { LatestValue } from '../../../../core/reading.ts';
import type { DeviceItem } from '../api/types.ts';

/** Battery and signal are about the device, not about what it watches. */
const COMMON = new Set(['batteryPercent', 'rssiDbm']);

export function latestValues(device: DeviceItem): LatestValue[] {
  return Object.entries(device.latest)
    .map(([field, value]) => ({ field, ...value }))
    .sort((a, b) => Number(COMMON.has(a.field)) - Number(COMMON.has(b.field)));
}

/** Numbers first, then switches. */
export function numericFields(device: DeviceItem | undefined): string[] {
  if (!device) return [];
  const rank = { number: 0, boolean: 1 } as const;
  return latestValues(device)
    .flatMap(({ field, value }) =>
      typeof value === 'string' ? [] : [{ field, type: typeof value as 'number' | 'boolean' }],
    )
    .sort((a, b) => Number(COMMON.has(a.field)) - Number(COMMON.has(b.field)) || rank[a.type] - rank[b.type])
    .map(({ field }) => field);
}

export function isCommon(field: string): boolean {
  return COMMON.has(field);
}
