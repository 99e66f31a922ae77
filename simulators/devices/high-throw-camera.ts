/** How the facade camera sees; its pictures come from simulators/cameras. */
import { daylight, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

/** Of its stream, so that what it says of itself is what the gateway finds. */
export const STREAM_FPS = 12.5;

const simulator: DeviceSimulator = {
  periodMs: 15_000,
  battery: false,
  make(_device, random) {
    return {
      telemetry: (now) => ({
        fps: rounded(STREAM_FPS + random.normal() * 0.1, 1),
        brightnessPercent: Math.round(12 + 55 * daylight(now) + random.normal()),
        blocked: false,
      }),
    };
  },
};

export default simulator;
