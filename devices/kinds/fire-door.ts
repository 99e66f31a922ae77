/** Fire door (常闭防火门) with an open contact. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '防火门', en: 'Fire door' },
  family: 'fire',
  telemetry: z.strictObject({ doorOpen: z.boolean() }),
  fields: { doorOpen: { title: { zh: '门开', en: 'Door open' }, type: 'boolean' } },
  events: { tamper: { title: { zh: '防拆触发', en: 'Tamper' }, schema: z.strictObject({}) } },
  silentAfterMs: 15 * 60_000,
  rules: [
    {
      // A door in use closes within a minute; propped open it no longer holds back smoke.
      id: 'left-open',
      type: 'duration',
      severity: 'minor',
      title: { zh: '常闭防火门未关', en: 'Fire door left open' },
      response: { zh: '巡逻时到场关门，清除抵门物并登记。', en: 'Close it on the round, remove the prop, note it.' },
      with: { field: 'doorOpen', is: true, forMs: 10 * 60_000 },
    },
    {
      id: 'tamper',
      type: 'event',
      severity: 'minor',
      title: { zh: '防火门防拆报警', en: 'Fire door tampered with' },
      response: { zh: '巡逻时到场检查门磁和闭门器。', en: 'Check contact and closer on the round.' },
      with: { event: 'tamper', clearAfterQuietMs: 60 * 60_000 },
    },
    silent,
    batteryLow,
  ],
  sample(random) {
    return { doorOpen: random() < 0.03 };
  },
};

export default kind;
