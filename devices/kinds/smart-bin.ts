/** Smart waste bin (智能垃圾桶) of a sorting point. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, silent } from '../shared-rules.ts';

const stream = z.enum(['recyclable', 'kitchen', 'hazardous', 'residual']);

const kind: DeviceKind = {
  title: { zh: '智能垃圾桶', en: 'Smart bin' },
  family: 'bin',
  telemetry: z.strictObject({
    fillPercent: z.number().min(0).max(100),
    temperatureCelsius: z.number().min(-50).max(1_000),
    weightKilogram: z.number().min(0).max(5_000).optional(),
    tiltDegree: z.number().min(0).max(180).optional(),
    lidOpen: z.boolean().optional(),
    stream,
  }),
  fields: {
    fillPercent: { title: { zh: '满溢度', en: 'Fill' }, type: 'number', unit: '%', decimals: 0, range: [0, 100] },
    temperatureCelsius: {
      title: { zh: '温度', en: 'Temperature' },
      type: 'number',
      unit: '°C',
      decimals: 1,
      range: [0, 80],
    },
    weightKilogram: { title: { zh: '重量', en: 'Weight' }, type: 'number', unit: 'kg', decimals: 1, range: [0, 100] },
    tiltDegree: { title: { zh: '倾角', en: 'Tilt' }, type: 'number', unit: '°', decimals: 0, range: [0, 90] },
    lidOpen: { title: { zh: '盖开', en: 'Lid open' }, type: 'boolean' },
    stream: { title: { zh: '类别', en: 'Stream' }, type: 'text' },
  },
  events: {
    deposit: {
      title: { zh: '投放', en: 'Deposit' },
      schema: z.strictObject({
        stream,
        weightKilogram: z.number().min(0).max(500),
        contaminated: z.boolean().optional(),
      }),
    },
    fire: { title: { zh: '桶内起火', en: 'Bin on fire' }, schema: z.strictObject({}) },
  },
  silentAfterMs: 30 * 60_000,
  rules: [
    {
      id: 'fire',
      type: 'event',
      severity: 'critical',
      title: { zh: '垃圾桶起火', en: 'Bin on fire' },
      response: {
        zh: '携灭火器到场，移开周围车辆和可燃物；控制不住报119。',
        en: 'Go there with an extinguisher, clear cars and fuel around it; call 119 if it is not under control.',
      },
      lifeSafety: true,
      latch: true,
      with: { event: 'fire', clearAfterQuietMs: 15 * 60_000 },
    },
    {
      id: 'temperature-high',
      type: 'threshold',
      severity: 'major',
      title: { zh: '垃圾桶温度过高', en: 'Bin too hot' },
      response: { zh: '携灭火器到场查看有无阴燃。', en: 'Look for smouldering, with an extinguisher.' },
      lifeSafety: true,
      with: { field: 'temperatureCelsius', above: 65, clearBelow: 50, onDelayMs: 10_000 },
    },
    {
      id: 'full',
      type: 'threshold',
      severity: 'notice',
      title: { zh: '垃圾桶满溢', en: 'Bin full' },
      response: { zh: '通知保洁两小时内清运。', en: 'Have it emptied within two hours.' },
      with: { field: 'fillPercent', above: 90, clearBelow: 60 },
    },
    {
      // Off by default: useful where the cleaners come on demand, noise where they come by the clock.
      id: 'full-soon',
      type: 'time-to-limit',
      severity: 'notice',
      title: { zh: '垃圾桶即将满溢', en: 'Bin full soon' },
      response: { zh: '排入下一趟清运。', en: 'Add it to the next round.' },
      enabled: false,
      with: { field: 'fillPercent', limit: 90, withinMs: 2 * 3_600_000, resetBy: 20 },
    },
    {
      id: 'tilted',
      type: 'threshold',
      severity: 'minor',
      title: { zh: '垃圾桶倾倒', en: 'Bin tipped over' },
      response: { zh: '通知保洁扶正并清扫。', en: 'Have it put upright and the place swept.' },
      with: { field: 'tiltDegree', above: 45, clearBelow: 20, onDelayMs: 60_000 },
    },
    silent,
    batteryLow,
  ],
  sample(random) {
    const fillPercent = Math.round(random() * 70);
    return {
      fillPercent,
      temperatureCelsius: Math.round(150 + random() * 120) / 10,
      weightKilogram: Math.round(fillPercent * (3 + random() * 2)) / 10,
      tiltDegree: Math.round(random() * 3),
      lidOpen: false,
      stream: stream.options[Math.floor(random() * stream.options.length)] ?? 'residual',
    };
  },
};

export default kind;
