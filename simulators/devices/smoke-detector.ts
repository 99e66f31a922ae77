/** Clean air with a little dust; dinner leaves a trace of smoke in some kitchens. */
import { airCelsius, cooking, happenings, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

const simulator: DeviceSimulator = {
  periodMs: 30_000,
  battery: true,
  make(device, random) {
    const dustDbPerM = random.between(0.005, 0.03);
    const warmerCelsius = random.between(2, 6);
    const cooks = device.location.room !== undefined && random.chance(0.5);
    return {
      telemetry(now) {
        const fumes = cooks ? cooking(now) * Math.abs(random.normal()) * 0.03 : 0;
        return {
          smokeDbPerM: rounded(Math.max(0, dustDbPerM + fumes + random.normal() * 0.004), 3),
          temperatureCelsius: rounded(airCelsius(now) + warmerCelsius + fumes * 20 + random.normal() * 0.15, 1),
        };
      },
      events(from, to) {
        const tests = happenings(random, 1 / (30 * 24), { from, to }).map((at) => ({ at, type: 'test' }));
        const faults = happenings(random, 1 / (300 * 24), { from, to });
        return [...tests, ...faults.map((at) => ({ at, type: 'fault', fields: { code: 'dirty-chamber' } }))];
      },
    };
  },
};

export default simulator;
