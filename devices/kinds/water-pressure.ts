/** Pressure transmitter (消防水压) of a fire-water main or hydrant riser. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, reportedFault, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '消防水压', en: 'Fire-water pressure' },
  family: 'fire',
  telemetry: z.strictObject({
    // Gauge pressure: an empty pipe may read a little below zero.
    pressureMpa: z.number().min(-0.1).max(10),
    temperatureCelsius: z.number().min(-50).max(150).optional(),
  }),
  fields: {
    pressureMpa: { title: { zh: '水压', en: 'Pressure' }, type: 'number', unit: 'MPa', decimals: 3, range: [0, 1.2] },
    temperatureCelsius: {
      title: { zh: '水温', en: 'Water temperature' },
      type: 'number',
      unit: '°C',
      decimals: 1,
      range: [0, 40],
    },
  },
  events: {
    fault: { title: { zh: '故障', en: 'Fault' }, schema: z.strictObject({ code: z.string().min(1).max(64) }) },
  },
  silentAfterMs: 15 * 60_000,
  rules: [
    {
      // GB 50974 asks 0.07 to 0.15 MPa of static pressure at the worst hydrant of a residential building.
      id: 'pressure-low',
      type: 'threshold',
      severity: 'major',
      title: { zh: '消防水压过低', en: 'Fire-water pressure low' },
      response: {
        zh: '检查阀门是否被关、水箱水位和稳压泵；30分钟内不能恢复，通知物业和消防维保。',
        en: 'Check valves, tank level and jockey pump; not back in 30 minutes: tell property and fire maintenance.',
      },
      with: { field: 'pressureMpa', below: 0.1, clearAbove: 0.14, onDelayMs: 30_000 },
    },
    {
      id: 'pressure-high',
      type: 'threshold',
      severity: 'minor',
      title: { zh: '消防水压过高', en: 'Fire-water pressure high' },
      response: { zh: '检查减压阀和稳压泵启停。', en: 'Check the pressure-reducing valve and the jockey pump.' },
      with: { field: 'pressureMpa', above: 1.2, clearBelow: 1.1, onDelayMs: 30_000 },
    },
    {
      id: 'freezing',
      type: 'threshold',
      severity: 'minor',
      title: { zh: '消防管道有冻裂风险', en: 'Pipe about to freeze' },
      response: { zh: '检查保温和伴热，必要时放水。', en: 'Check insulation and trace heating; drain if needed.' },
      with: { field: 'temperatureCelsius', below: 2, clearAbove: 4, onDelayMs: 10 * 60_000 },
    },
    {
      // The jockey pump's saw-tooth fits no line; a leak falls along one for hours.
      id: 'leak-suspected',
      type: 'slope',
      severity: 'minor',
      title: { zh: '消防管网疑似渗漏', en: 'Fire-water main perhaps leaking' },
      response: {
        zh: '两日内沿管线查漏，检查稳压泵启动次数。',
        en: 'Walk the line within two days; count the starts of the jockey pump.',
      },
      with: { field: 'pressureMpa', fallPerHour: 0.01, windowMs: 6 * 3_600_000, pastMsMin: 3 * 3_600_000, fitMin: 0.9 },
    },
    reportedFault,
    silent,
    batteryLow,
  ],
  sample(random) {
    return {
      pressureMpa: Math.round(420 + random() * 60) / 1000,
      temperatureCelsius: Math.round(120 + random() * 60) / 10,
    };
  },
};

export default kind;
