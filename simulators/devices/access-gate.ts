/** People pass: often at the estate's own gates, less at a unit door; now and then somebody props it open. */
import { footfall, happenings } from '../rhythm.ts';
import type { DeviceSimulator, SimulatedEvent } from '../simulator.ts';

const METHODS = ['face', 'face', 'face', 'card', 'card', 'qr', 'pin', 'remote'] as const;
const OPEN_MS = 6_000;

const simulator: DeviceSimulator = {
  periodMs: 30_000,
  battery: false,
  make(device, random) {
    const passesPerHour = device.location.unit ? 14 : 90;
    let openUntilAt = 0;
    const pass = (at: number): SimulatedEvent => {
      const direction = random.chance(0.5) ? 'in' : 'out';
      if (direction === 'out' && random.chance(0.7))
        return { at, type: 'pass', fields: { method: 'button', result: 'granted', direction } };
      const granted = random.chance(0.97);
      const personRef = `p-${Math.floor(random.next() * 4_096).toString(16)}`;
      const fields = granted
        ? { method: random.pick(METHODS), result: 'granted', direction, personRef }
        : { method: random.pick(METHODS), result: 'denied', direction, reason: 'not registered' };
      return { at, type: 'pass', fields };
    };
    return {
      telemetry(now) {
        const doorOpen = now < openUntilAt;
        return { doorOpen, locked: !doorOpen };
      },
      events(from, to) {
        const passes = happenings(random, passesPerHour * footfall(from), { from, to }).map(pass);
        const last = passes.findLast((event) => event.fields?.result === 'granted');
        if (last) openUntilAt = last.at + OPEN_MS;
        const held = happenings(random, 0.002, { from, to }).map((at) => {
          openUntilAt = at + 90_000;
          return { at, type: 'held-open', fields: { openMs: 90_000 } };
        });
        return [...passes, ...held];
      },
    };
  },
};

export default simulator;
