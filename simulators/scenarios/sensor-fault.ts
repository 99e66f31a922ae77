/** Dust fills the chamber of a detector. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '探测器故障', en: 'Sensor fault' },
  shows: {
    zh: '烟感报告故障，属设备故障，不是火警。',
    en: 'A smoke detector reports a dirty chamber: a fault, not a fire.',
  },
  durationMs: 60_000,
  steps(world, random) {
    const detector = deviceFor(world, random, { kind: 'smoke-detector' });
    return [{ atMs: 0, type: 'event', deviceId: detector.id, event: 'fault', fields: { code: 'dirty-chamber' } }];
  },
};

export default scenario;
