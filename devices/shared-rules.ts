/**
 * Rules that several kinds have word for word: a silent device, an empty battery, a fault that the
 * device itself reports. All are minor: a fault of the sensor is never an alarm of what it measures.
 */
import type { RuleSpec } from '../core/rule.ts';

/** The device has been silent for longer than its kind allows; clears with its next word. */
export const silent: RuleSpec = {
  id: 'silent',
  type: 'absence',
  severity: 'minor',
  title: { zh: '设备失联', en: 'Device silent' },
  response: {
    zh: '检查设备供电和网络；今日内修复，修复前加强该处巡查。',
    en: 'Check its power and network; repair within the day and patrol the place until then.',
  },
  with: {},
};

/** 15 % leaves a lithium cell some weeks: time to change it on a planned round. */
export const batteryLow: RuleSpec = {
  id: 'battery-low',
  type: 'threshold',
  severity: 'notice',
  title: { zh: '电池电量低', en: 'Battery low' },
  response: { zh: '一周内更换电池。', en: 'Change the battery within a week.' },
  with: { field: 'batteryPercent', below: 15, clearAbove: 20 },
};

/** The device says that it is broken. Over when it has not repeated it for a day. */
export const reportedFault: RuleSpec = {
  id: 'fault',
  type: 'event',
  severity: 'minor',
  title: { zh: '设备故障', en: 'Device fault' },
  response: {
    zh: '查看故障代码，联系维保单位；修复前该设备不可信。',
    en: 'Read the fault code and call maintenance; do not rely on the device until repaired.',
  },
  with: { event: 'fault', clearAfterQuietMs: 24 * 3_600_000 },
};
