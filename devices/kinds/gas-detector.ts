/** Combustible-gas detector (可燃气体探测器) of a kitchen or a gas meter room. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, reportedFault, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '可燃气体探测器', en: 'Gas detector' },
  family: 'fire',
  telemetry: z.strictObject({ gasPercentLel: z.number().min(0).max(100) }),
  fields: {
    gasPercentLel: { title: { zh: '燃气浓度', en: 'Gas' }, type: 'number', unit: '%LEL', decimals: 1, range: [0, 50] },
  },
  events: {
    alarm: { title: { zh: '燃气报警', en: 'Gas alarm' }, schema: z.strictObject({}) },
    'alarm-cleared': { title: { zh: '燃气报警解除', en: 'Gas alarm cleared' }, schema: z.strictObject({}) },
    fault: { title: { zh: '故障', en: 'Fault' }, schema: z.strictObject({ code: z.string().min(1).max(64) }) },
  },
  silentAfterMs: 10 * 60_000,
  rules: [
    {
      id: 'gas',
      type: 'event',
      severity: 'critical',
      title: { zh: '燃气泄漏报警', en: 'Gas alarm' },
      response: {
        zh: '联系住户开窗、关阀，勿动电器；派人到场（禁明火），报燃气公司抢修和119。',
        en: 'Tell the flat to open windows, close the valve, touch no switch; send someone without flames; call the gas company and 119.',
      },
      lifeSafety: true,
      latch: true,
      with: { event: 'alarm', clearEvent: 'alarm-cleared' },
    },
    {
      // GB 15322.2 sets the alarm of a household detector between 5 and 25 %LEL.
      id: 'gas-high',
      type: 'threshold',
      severity: 'critical',
      title: { zh: '燃气浓度过高', en: 'Gas concentration high' },
      response: {
        zh: '按燃气泄漏处置：开窗、关阀、禁火、断电在室外进行，报燃气公司。',
        en: 'Treat as a leak: windows, valve, no flames, cut power from outside, call the gas company.',
      },
      lifeSafety: true,
      latch: true,
      with: { field: 'gasPercentLel', above: 20, clearBelow: 10, onDelayMs: 5_000 },
    },
    reportedFault,
    silent,
    batteryLow,
  ],
  sample(random) {
    return { gasPercentLel: Math.round(random() * 15) / 10 };
  },
};

export default kind;
