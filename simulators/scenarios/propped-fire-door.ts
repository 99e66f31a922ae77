/** Somebody airs the staircase. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '防火门被抵住', en: 'Propped fire door' },
  shows: {
    zh: '常闭防火门被抵住十分钟以上，巡逻关门后恢复。',
    en: 'A fire door is propped open for more than ten minutes until the patrol closes it.',
  },
  durationMs: 16 * 60_000,
  steps(world, random) {
    const door = deviceFor(world, random, { kind: 'fire-door' });
    return [{ atMs: 0, type: 'hold', deviceId: door.id, fields: { doorOpen: true }, forMs: 15 * 60_000 }];
  },
};

export default scenario;
