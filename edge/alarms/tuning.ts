/** What to change about a rule that chatters or an alarm that stands forever: one sentence, both languages. */
import type { RuleSpec } from '../../core/rule.ts';

export type Complaint = 'chattering' | 'stale';

export function suggestFix(complaint: Complaint, spec: RuleSpec | undefined): string {
  const advice = complaint === 'stale' ? staleFix(spec) : chatterFix(spec);
  const title = complaint === 'stale' ? '长期未消除超过24小时' : '频繁抖动（一分钟内变化三次以上）';
  return `${title}：${advice.zh} / ${complaint}: ${advice.en}`;
}

function chatterFix(spec: RuleSpec | undefined): { zh: string; en: string } {
  switch (spec?.type) {
    case 'threshold':
      return {
        zh: '加大回差（clearBelow/clearAbove）或设置 onDelayMs、offDelayMs。',
        en: 'widen the way back (clearBelow/clearAbove), or set onDelayMs and offDelayMs.',
      };
    case 'duration':
    case 'state-mismatch':
      return { zh: '延长 forMs 或 clearForMs，检查门磁接触。', en: 'lengthen forMs or clearForMs; check the contact.' };
    case 'absence':
      return { zh: '检查供电与信号，延长失联判定时间。', en: 'check power and signal; allow a longer silence.' };
    case 'event':
      return {
        zh: '设置 clearAfterQuietMs，检查探测器安装位置。',
        en: 'set clearAfterQuietMs; check where it is mounted.',
      };
    default:
      return { zh: '设置 offDelayMs 或 clearAfterQuietMs。', en: 'set offDelayMs or clearAfterQuietMs.' };
  }
}

function staleFix(spec: RuleSpec | undefined): { zh: string; en: string } {
  if (spec?.latch) return { zh: '现场核实后复位。', en: 'check on site, then reset it.' };
  switch (spec?.type) {
    case 'absence':
      return {
        zh: '派修；不再使用的设备停用或从名册删除。',
        en: 'repair it; take a device that is no longer used out of service or off the register.',
      };
    case 'threshold':
      return { zh: '核对限值是否合理，或派单处理原因。', en: 'check the limit, or have the cause repaired.' };
    default:
      return {
        zh: '派单处理原因，或停用并注明期限。',
        en: 'have the cause repaired, or take it out of service with an end.',
      };
  }
}
