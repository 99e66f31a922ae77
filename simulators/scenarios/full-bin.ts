/** A flat is cleared out and the bin runs over. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '垃圾满溢', en: 'Bin full' },
  shows: {
    zh: '一次大扔弃使垃圾桶满溢，两小时清运提醒；随后清空。',
    en: 'A big clear-out fills a bin over its limit; later it is emptied.',
  },
  durationMs: 12 * 60_000,
  steps(world, random) {
    const bin = deviceFor(world, random, { kind: 'smart-bin' });
    return [
      {
        atMs: 0,
        type: 'hold',
        deviceId: bin.id,
        fields: { fillPercent: { from: 78, to: 97, overMs: 60_000 } },
        forMs: 600_000,
      },
      { atMs: 600_000, type: 'hold', deviceId: bin.id, fields: { fillPercent: 2 }, forMs: 60_000 },
    ];
  },
};

export default scenario;
