/** A building's feeder: current follows the evening, the cable warms with its square. */
import { airCelsius, load, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 20_000,
  battery: false,
  make(_device, random) {
    const fullAmp = random.between(60, 180);
    const leakMilliamp = random.between(15, 70);
    return {
      telemetry(now) {
        const share = Math.max(0, load(now) * (1 + random.normal() * 0.05));
        return {
          residualCurrentMilliamp: Math.round(Math.max(0, leakMilliamp * (0.8 + 0.4 * share) + random.normal() * 2)),
          cableTemperatureCelsius: rounded(airCelsius(now) + 4 + 22 * share ** 2 + random.normal() * 0.2, 1),
          currentAmp: rounded(fullAmp * share, 1),
        };
      },
    };
  },
};

export default simulator;
