/** A flange leaks on the roof. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '消防管漏水', en: 'Leaking riser' },
  shows: {
    zh: '消防立管水压持续下降至下限以下，关阀抢修后恢复。',
    en: 'The pressure of a riser sinks below its limit and comes back after the repair.',
  },
  durationMs: 12 * 60_000,
  steps(world, random) {
    const riser = deviceFor(world, random, { kind: 'water-pressure' });
    return [
      {
        atMs: 0,
        type: 'hold',
        deviceId: riser.id,
        fields: { pressureMpa: { from: 0.4, to: 0.06, overMs: 180_000 } },
        forMs: 420_000,
      },
      {
        atMs: 420_000,
        type: 'hold',
        deviceId: riser.id,
        fields: { pressureMpa: { from: 0.06, to: 0.42, overMs: 180_000 } },
        forMs: 240_000,
      },
    ];
  },
};

export default scenario;
