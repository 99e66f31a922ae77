/** A mover props the gate open. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '门禁未关', en: 'Gate held open' },
  shows: {
    zh: '有人用砖抵住门，门禁开门超时报警。',
    en: 'Somebody props a gate with a brick; it reports that it is held open.',
  },
  durationMs: 4 * 60_000,
  steps(world, random) {
    const gate = deviceFor(world, random, { kind: 'access-gate' });
    return [
      { atMs: 0, type: 'hold', deviceId: gate.id, fields: { doorOpen: true, locked: false }, forMs: 200_000 },
      { atMs: 90_000, type: 'event', deviceId: gate.id, event: 'held-open', fields: { openMs: 90_000 } },
    ];
  },
};

export default scenario;
