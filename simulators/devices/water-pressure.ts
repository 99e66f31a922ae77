/** Static pressure of a riser: the jockey pump lets it sag and lifts it again. */
import { airCelsius, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 20_000,
  battery: true,
  make(_device, random) {
    const restMpa = random.between(0.32, 0.5);
    const sagMs = random.between(15, 50) * 60_000;
    const phase = random.next();
    return {
      telemetry(now) {
        const sag = (now / sagMs + phase) % 1;
        return {
          pressureMpa: rounded(restMpa - 0.04 * sag + random.normal() * 0.001, 3),
          temperatureCelsius: rounded(14 + (airCelsius(now) - 18) * 0.3 + random.normal() * 0.05, 1),
        };
      },
    };
  },
};

export default simulator;
