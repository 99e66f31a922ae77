/** Manual call point (手动火灾报警按钮). */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '手动报警按钮', en: 'Manual call point' },
  family: 'fire',
  telemetry: z.strictObject({ pressed: z.boolean() }),
  fields: { pressed: { title: { zh: '按下', en: 'Pressed' }, type: 'boolean' } },
  events: {
    pressed: { title: { zh: '按下报警', en: 'Pressed' }, schema: z.strictObject({}) },
    reset: { title: { zh: '复位', en: 'Reset' }, schema: z.strictObject({}) },
  },
  silentAfterMs: 10 * 60_000,
  rules: [
    {
      // Some buttons call out an event, some only show their state, many do both: one press, one alarm.
      id: 'pressed',
      type: 'boolean',
      severity: 'critical',
      title: { zh: '手动火灾报警', en: 'Manual fire alarm' },
      response: {
        zh: '有人按下报警按钮：立即派人到场，见火情报119并疏散；误按则复位。',
        en: 'Somebody pressed it: send someone at once; on fire call 119 and evacuate, else reset it.',
      },
      lifeSafety: true,
      latch: true,
      with: {
        when: {
          any: [
            { event: 'pressed', clearEvent: 'reset' },
            { field: 'pressed', is: true },
          ],
        },
      },
    },
    silent,
    batteryLow,
  ],
  sample() {
    return { pressed: false };
  },
};

export default kind;
