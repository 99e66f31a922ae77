/** Nobody presses it on a calm day. */
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 60_000,
  battery: true,
  make: () => ({ telemetry: () => ({ pressed: false }) }),
};

export default simulator;
