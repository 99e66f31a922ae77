/**
 * The load generator: calm telemetry of all devices in turn, at a fixed rate whatever the answers
 * take (open loop), so that a slow broker shows as latency and not as a lower rate.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Device, DeviceKind } from '../core/device.ts';
import type { Fleet } from './fleet.ts';
import type { Random } from './random.ts';

const TICK_MS = 10;

export function startLoad(options: {
  devices: readonly Device[];
  kinds: ReadonlyMap<string, DeviceKind>;
  fleet: Fleet;
  clock: Clock;
  random: Random;
  perSecond: number;
}): Timer {
  const { devices, kinds, fleet, clock, random, perSecond } = options;
  const startedAt = clock.monotonic();
  let sent = 0;
  return clock.every(TICK_MS, () => {
    const wanted = Math.floor(((clock.monotonic() - startedAt) / 1000) * perSecond);
    for (; sent < wanted; sent += 1) {
      const device = devices[sent % devices.length];
      const kind = device && kinds.get(device.kind);
      if (kind) fleet.publish(device, 'telemetry', kind.sample(random.next));
    }
  });
}
