/** Clean air; lighting a stove leaves a whiff. */
import { cooking, happenings, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 30_000,
  battery: false,
  make(_device, random) {
    const zeroPercentLel = random.between(0, 0.8);
    return {
      telemetry(now) {
        const whiff = random.chance(cooking(now) * 0.1) ? random.between(0.5, 3) : 0;
        return { gasPercentLel: rounded(Math.max(0, zeroPercentLel + whiff + random.normal() * 0.1), 1) };
      },
      events(from, to) {
        const faults = happenings(random, 1 / (400 * 24), { from, to });
        return faults.map((at) => ({ at, type: 'fault', fields: { code: 'sensor-end-of-life' } }));
      },
    };
  },
};

export default simulator;
