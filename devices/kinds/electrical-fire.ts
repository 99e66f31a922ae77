/** Electrical fire monitor (电气火灾监控) of a distribution box: residual current and cable temperature. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, reportedFault, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '电气火灾监控', en: 'Electrical fire monitor' },
  family: 'fire',
  telemetry: z.strictObject({
    residualCurrentMilliamp: z.number().min(0).max(30_000),
    cableTemperatureCelsius: z.number().min(-50).max(500),
    currentAmp: z.number().min(0).max(10_000).optional(),
  }),
  fields: {
    residualCurrentMilliamp: {
      title: { zh: '剩余电流', en: 'Residual current' },
      type: 'number',
      unit: 'mA',
      decimals: 0,
      range: [0, 500],
    },
    cableTemperatureCelsius: {
      title: { zh: '电缆温度', en: 'Cable temperature' },
      type: 'number',
      unit: '°C',
      decimals: 1,
      range: [0, 100],
    },
    currentAmp: { title: { zh: '电流', en: 'Current' }, type: 'number', unit: 'A', decimals: 1, range: [0, 100] },
  },
  events: {
    'arc-fault': { title: { zh: '故障电弧', en: 'Arc fault' }, schema: z.strictObject({}) },
    fault: { title: { zh: '故障', en: 'Fault' }, schema: z.strictObject({ code: z.string().min(1).max(64) }) },
  },
  silentAfterMs: 10 * 60_000,
  rules: [
    {
      id: 'arc-fault',
      type: 'event',
      severity: 'critical',
      title: { zh: '故障电弧报警', en: 'Arc fault' },
      response: {
        zh: '通知电工断开该回路，到场查看有无焦味、明火；见明火报119。',
        en: 'Have the electrician open the circuit; look for scorching or flames; on flames call 119.',
      },
      lifeSafety: true,
      latch: true,
      with: { event: 'arc-fault', clearAfterQuietMs: 30 * 60_000 },
    },
    {
      // GB 14287.3 lets the alarm be set from 45 to 140 °C; PVC cable is rated for 70 °C.
      id: 'cable-hot',
      type: 'threshold',
      severity: 'major',
      title: { zh: '电缆温度过高', en: 'Cable too hot' },
      response: {
        zh: '通知电工减载或断开该回路，检查接头。',
        en: 'Have the electrician shed load or open the circuit and check the joints.',
      },
      lifeSafety: true,
      with: { field: 'cableTemperatureCelsius', above: 75, clearBelow: 65, onDelayMs: 30_000 },
    },
    {
      // GB 14287.2: alarm value adjustable from 20 to 1000 mA, 300 mA is usual for a residential feeder.
      id: 'residual-current-high',
      type: 'threshold',
      severity: 'major',
      title: { zh: '剩余电流过大', en: 'Residual current high' },
      response: {
        zh: '通知电工当日排查漏电回路；有人触电危险时立即断电。',
        en: 'Have the electrician find the leaking circuit today; cut the power where people are at risk.',
      },
      with: { field: 'residualCurrentMilliamp', above: 300, clearBelow: 240, onDelayMs: 30_000 },
    },
    reportedFault,
    silent,
    batteryLow,
  ],
  sample(random) {
    return {
      residualCurrentMilliamp: Math.round(20 + random() * 60),
      cableTemperatureCelsius: Math.round(260 + random() * 120) / 10,
      currentAmp: Math.round(80 + random() * 300) / 10,
    };
  },
};

export default kind;
