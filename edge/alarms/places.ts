/** Devices and the places they share: which rule runs where, over whom. */
import type { Device } from '../../core/device.ts';
import type { Place } from '../../core/rule-pieces.ts';

/**
 * The place of a device at this level, or undefined when its location does not say. A device with
 * no zone of its own counts to its room, else its floor: what stands there watches the same space.
 */
export function placeOf(device: Device, place: Place): string | undefined {
  const { building, unit, floor, room, zone } = device.location;
  const at = (...parts: (string | number | undefined)[]) =>
    parts.some((part) => part === undefined) ? undefined : parts.join('/');
  switch (place) {
    case 'device':
      return device.id;
    case 'community':
      return device.communityId;
    case 'building':
      return at(building);
    case 'unit':
      return at(building, unit ?? '');
    case 'floor':
      return at(building, unit ?? '', floor);
    case 'room':
      return at(building, unit ?? '', floor, room);
    case 'zone':
      return zone ?? placeOf(device, 'room') ?? placeOf(device, 'floor');
  }
}
