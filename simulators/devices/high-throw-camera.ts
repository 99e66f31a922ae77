/** How the facade camera sees; its pictures come from simulators/cameras. */
import { daylight, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 15_000,
  battery: false,
  make(_device, random) {
    return {
      telemetry: (now) => ({
        fps: rounded(25 + random.normal() * 0.1, 1),
        brightnessPercent: Math.round(12 + 55 * daylight(now) + random.normal()),
        blocked: false,
      }),
    };
  },
};

export default simulator;
