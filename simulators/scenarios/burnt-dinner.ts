/** Dinner burns; the window is opened in time. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '做饭油烟', en: 'Burnt dinner' },
  shows: {
    zh: '厨房油烟使烟雾浓度短时偏高，未到火警。',
    en: 'Cooking fumes lift the smoke reading for a minute, short of a fire alarm.',
  },
  durationMs: 4 * 60_000,
  steps(world, random) {
    const detector = deviceFor(world, random, { kind: 'smoke-detector' });
    return [
      {
        atMs: 0,
        type: 'hold',
        deviceId: detector.id,
        fields: { smokeDbPerM: { from: 0.05, to: 0.75, overMs: 50_000 } },
        forMs: 90_000,
      },
      {
        atMs: 90_000,
        type: 'hold',
        deviceId: detector.id,
        fields: { smokeDbPerM: { from: 0.75, to: 0.04, overMs: 60_000 } },
        forMs: 90_000,
      },
    ];
  },
};

export default scenario;
