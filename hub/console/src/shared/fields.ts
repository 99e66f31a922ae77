/** Which of a device's fields can be drawn as a series: numbers first, then switches. */
import type { DeviceItem } from '../api/types.ts';

export function numericFields(device: DeviceItem | undefined): string[] {
  const latest = device?.latest ?? [];
  const numbers = latest.filter((value) => typeof value.value === 'number').map((value) => value.field);
  const switches = latest.filter((value) => typeof value.value === 'boolean').map((value) => value.field);
  // Battery and signal are about the device, not about what it watches.
  return [
    ...numbers.filter((field) => !COMMON.has(field)),
    ...switches,
    ...numbers.filter((field) => COMMON.has(field)),
  ];
}

const COMMON = new Set(['batteryPercent', 'rssiDbm']);
