/** People take the stairs; the closer shuts the door behind them. */
import { footfall, happenings } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 60_000,
  battery: true,
  make(_device, random) {
    let openUntilAt = 0;
    return {
      telemetry: (now) => ({ doorOpen: now < openUntilAt }),
      events(from, to) {
        for (const at of happenings(random, 6 * footfall(from), { from, to }))
          openUntilAt = at + random.between(5_000, 40_000);
        return [];
      },
    };
  },
};

export default simulator;
