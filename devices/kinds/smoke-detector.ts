/** Point smoke detector (感烟探测器) with a temperature sensor. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, reportedFault, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '感烟探测器', en: 'Smoke detector' },
  family: 'fire',
  telemetry: z.strictObject({
    smokeDbPerM: z.number().min(0).max(10),
    temperatureCelsius: z.number().min(-50).max(400),
  }),
  fields: {
    smokeDbPerM: { title: { zh: '烟雾浓度', en: 'Smoke' }, type: 'number', unit: 'dB/m', decimals: 2, range: [0, 1] },
    temperatureCelsius: {
      title: { zh: '温度', en: 'Temperature' },
      type: 'number',
      unit: '°C',
      decimals: 1,
      range: [0, 80],
    },
  },
  events: {
    alarm: { title: { zh: '火警', en: 'Fire alarm' }, schema: z.strictObject({}) },
    'alarm-cleared': { title: { zh: '火警解除', en: 'Fire alarm cleared' }, schema: z.strictObject({}) },
    test: { title: { zh: '自检', en: 'Test' }, schema: z.strictObject({}) },
    fault: { title: { zh: '故障', en: 'Fault' }, schema: z.strictObject({ code: z.string().min(1).max(64) }) },
    muted: { title: { zh: '消音', en: 'Muted' }, schema: z.strictObject({}) },
  },
  silentAfterMs: 10 * 60_000,
  rules: [
    {
      id: 'fire',
      type: 'event',
      severity: 'critical',
      title: { zh: '感烟火警', en: 'Smoke alarm' },
      response: {
        zh: '立即核实：电话联系住户，派人携灭火器到场；见明火报119并疏散。',
        en: 'Verify now: phone the flat, send someone with an extinguisher; on flames call 119 and evacuate.',
      },
      lifeSafety: true,
      latch: true,
      with: { event: 'alarm', clearEvent: 'alarm-cleared' },
    },
    {
      // Class A2 heat detectors respond from 54 to 70 °C (EN 54-5, GB 4716).
      id: 'heat',
      type: 'threshold',
      severity: 'critical',
      title: { zh: '高温火警', en: 'Heat alarm' },
      response: {
        zh: '按火警处置：派人到场，见明火报119并疏散。',
        en: 'Treat as fire: send someone; on flames call 119 and evacuate.',
      },
      lifeSafety: true,
      latch: true,
      with: { field: 'temperatureCelsius', above: 60, clearBelow: 50 },
    },
    {
      // Smoke for twenty seconds without the detector's own alarm: cooking, or the first minutes of a fire.
      id: 'smoke-high',
      type: 'threshold',
      severity: 'major',
      title: { zh: '烟雾浓度偏高', en: 'Smoke rising' },
      response: {
        zh: '电话联系住户，问明是否做饭或吸烟；无人应答派人到场。',
        en: 'Phone the flat: cooking or smoking? If nobody answers, send someone.',
      },
      lifeSafety: true,
      with: { field: 'smokeDbPerM', above: 0.4, clearBelow: 0.2, onDelayMs: 20_000, offDelayMs: 60_000 },
    },
    {
      // Two words of one zone: two detectors, smoke and heat of one, or a detector and a pressed button.
      id: 'fire-confirmed',
      type: 'voting',
      severity: 'critical',
      title: { zh: '火警确认', en: 'Fire confirmed' },
      response: {
        zh: '火警已被两处确认：立即报119，疏散该单元，引导消防车，切断燃气。',
        en: 'Two sources agree: call 119, evacuate the unit, guide the fire engine, cut the gas.',
      },
      lifeSafety: true,
      latch: true,
      with: {
        place: 'zone',
        votes: [
          { kind: 'smoke-detector', event: 'alarm', clearEvent: 'alarm-cleared' },
          { kind: 'smoke-detector', field: 'temperatureCelsius', above: 60 },
          { kind: 'manual-call-point', event: 'pressed', clearEvent: 'reset' },
        ],
        need: 2,
      },
    },
    {
      // Dust lifts the resting value over weeks until the detector cries wolf (EN 54-7, drift compensation).
      id: 'chamber-dirty',
      type: 'drift',
      severity: 'notice',
      title: { zh: '探测器积尘', en: 'Detector needs cleaning' },
      response: { zh: '安排一个月内清洗或更换探测器。', en: 'Have it cleaned or replaced within a month.' },
      with: { field: 'smokeDbPerM', above: 0.12, hysteresis: 0.03, quiet: [0, 0.3] },
    },
    reportedFault,
    silent,
    batteryLow,
  ],
  sample(random) {
    return {
      smokeDbPerM: Math.round(random() * 4) / 100,
      temperatureCelsius: Math.round(180 + random() * 80) / 10,
    };
  },
};

export default kind;
