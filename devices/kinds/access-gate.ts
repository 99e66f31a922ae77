/** Access gate (门禁) of a pedestrian entrance or a unit door. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { batteryLow, silent } from '../shared-rules.ts';

const kind: DeviceKind = {
  title: { zh: '门禁', en: 'Access gate' },
  family: 'gate',
  telemetry: z.strictObject({ doorOpen: z.boolean(), locked: z.boolean() }),
  fields: {
    doorOpen: { title: { zh: '门开', en: 'Door open' }, type: 'boolean' },
    locked: { title: { zh: '上锁', en: 'Locked' }, type: 'boolean' },
  },
  events: {
    pass: {
      title: { zh: '通行', en: 'Pass' },
      schema: z.strictObject({
        method: z.enum(['face', 'card', 'qr', 'pin', 'remote', 'button']),
        result: z.enum(['granted', 'denied']),
        direction: z.enum(['in', 'out']),
        /** A pseudonym of the access system, never a name. */
        personRef: z.string().min(1).max(64).optional(),
        reason: z.string().max(200).optional(),
      }),
    },
    'forced-open': { title: { zh: '强行开门', en: 'Forced open' }, schema: z.strictObject({}) },
    'held-open': {
      title: { zh: '开门超时', en: 'Held open' },
      schema: z.strictObject({
        openMs: z
          .number()
          .nonnegative()
          .max(30 * 24 * 3_600_000),
      }),
    },
    tamper: { title: { zh: '防拆触发', en: 'Tamper' }, schema: z.strictObject({}) },
    duress: { title: { zh: '胁迫开门', en: 'Duress' }, schema: z.strictObject({}) },
  },
  silentAfterMs: 5 * 60_000,
  rules: [
    {
      id: 'duress',
      type: 'event',
      severity: 'critical',
      title: { zh: '胁迫报警', en: 'Duress at the gate' },
      response: {
        zh: '不要打草惊蛇：立即报110，调取该处画面，两人前往。',
        en: 'Do not alert the intruder: call 110, pull up the picture, go there in twos.',
      },
      lifeSafety: true,
      with: { event: 'duress', clearAfterQuietMs: 30 * 60_000 },
    },
    {
      id: 'forced-open',
      type: 'event',
      severity: 'major',
      title: { zh: '门禁被强行打开', en: 'Gate forced open' },
      response: {
        zh: '查看画面，派人到现场核实并关门；发现闯入报110。',
        en: 'Look at the picture, send someone to check and close it; call 110 on an intrusion.',
      },
      with: { event: 'forced-open', clearAfterQuietMs: 10 * 60_000 },
    },
    {
      id: 'tamper',
      type: 'event',
      severity: 'major',
      title: { zh: '门禁防拆报警', en: 'Gate tampered with' },
      response: { zh: '派人到现场检查门禁外壳和线缆。', en: 'Send someone to check the housing and cables.' },
      with: { event: 'tamper', clearAfterQuietMs: 30 * 60_000 },
    },
    {
      id: 'held-open',
      type: 'event',
      severity: 'minor',
      title: { zh: '门禁长时间未关', en: 'Gate held open' },
      response: { zh: '巡逻时到场关门，清除抵门物。', en: 'Close it on the round; remove what props it open.' },
      with: { event: 'held-open', clearAfterQuietMs: 10 * 60_000 },
    },
    {
      // Off by default: an exit whose push button is not wired opens with no pass many times a day.
      id: 'open-without-pass',
      type: 'state-mismatch',
      severity: 'minor',
      title: { zh: '无通行记录开门', en: 'Opened with no pass' },
      response: { zh: '查看画面，确认是否尾随或撬门。', en: 'Look at the picture: tailgating or a forced lock?' },
      enabled: false,
      with: { field: 'doorOpen', is: true, unlessEvent: 'pass', withinMs: 15_000 },
    },
    silent,
    batteryLow,
  ],
  sample(random) {
    const doorOpen = random() < 0.04;
    return { doorOpen, locked: !doorOpen };
  },
};

export default kind;
