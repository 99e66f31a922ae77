/** Somebody levers a unit door open at a quiet hour. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '强行开门', en: 'Forced gate' },
  shows: {
    zh: '单元门被撬开：强行开门报警，门保持打开，随后防拆报警。',
    en: 'A unit door is levered open: forced-open alarm, the door stays open, then the tamper contact.',
  },
  durationMs: 3 * 60_000,
  steps(world, random) {
    const gate = deviceFor(world, random, { kind: 'access-gate' });
    return [
      {
        atMs: 0,
        type: 'event',
        deviceId: gate.id,
        event: 'pass',
        fields: { method: 'card', result: 'denied', direction: 'in', reason: 'not registered' },
      },
      { atMs: 4_000, type: 'event', deviceId: gate.id, event: 'forced-open' },
      { atMs: 4_000, type: 'hold', deviceId: gate.id, fields: { doorOpen: true, locked: false }, forMs: 90_000 },
      { atMs: 20_000, type: 'event', deviceId: gate.id, event: 'tamper' },
    ];
  },
};

export default scenario;
