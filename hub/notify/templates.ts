/** The words of a notice, in both languages. Short enough for an SMS: what, where, since when, what to do. */
import { type Alarm, hubTimeOf } from '../../core/alarm.ts';
import { locationTitle } from '../../core/device.ts';
import type { Severity } from '../../core/rule.ts';
import type { Text } from '../../core/text.ts';
import type { Ticket } from '../../core/ticket.ts';
import type { Notice } from './notifier.ts';

type Language = keyof Text;
type Words = Pick<Notice, 'title' | 'text'>;

const SEVERITY: Readonly<Record<Severity, Text>> = {
  critical: { zh: '紧急', en: 'Critical' },
  major: { zh: '重要', en: 'Major' },
  minor: { zh: '一般', en: 'Minor' },
  notice: { zh: '提示', en: 'Notice' },
};

const LEAD: Readonly<Record<'alarm' | 'reminder' | 'escalation' | 'ended', Text>> = {
  alarm: { zh: '', en: '' },
  reminder: { zh: '【仍未确认】', en: '[Still not acknowledged] ' },
  escalation: { zh: '【升级】', en: '[Escalated] ' },
  ended: { zh: '【已结束】', en: '[Over] ' },
};

export function alarmWords(options: {
  alarm: Alarm;
  type: keyof typeof LEAD;
  language: Language;
  communityName: string;
  siblings: number;
  now: number;
}): Words {
  const { alarm, type, language, communityName, siblings, now } = options;
  const place = locationTitle(alarm.location, language);
  const zh = language === 'zh';
  const severity = SEVERITY[alarm.severity][language];
  const agoMs = now - hubTimeOf(alarm, alarm.firstAt);
  const lines = [
    zh ? `${communityName} ${place}` : `${communityName}, ${place}`,
    zh ? `级别:${severity}` : `Severity: ${severity}`,
    zh
      ? `发生:${clockText(alarm.firstAt)}${agoText(agoMs, language)}`
      : `Since ${clockText(alarm.firstAt)}${agoText(agoMs, language)}`,
    alarm.count > 1 ? (zh ? `次数:${alarm.count}` : `Count: ${alarm.count}`) : '',
    siblings > 0 ? (zh ? `同一事件另有 ${siblings} 条未确认` : `${siblings} more of this incident wait`) : '',
    alarm.response && type !== 'ended' ? (zh ? `处置:${alarm.response.zh}` : `Do: ${alarm.response.en}`) : '',
  ];
  return {
    title: `${LEAD[type][language]}${alarm.title[language]}${zh ? ' ' : ', '}${place}`,
    text: lines.filter((line) => line !== '').join('\n'),
  };
}

const TICKET_LEAD: Readonly<Record<TicketOccasion, Text>> = {
  created: { zh: '新工单', en: 'New work order' },
  assigned: { zh: '派给您的工单', en: 'Work order for you' },
  late: { zh: '工单超时', en: 'Work order is late' },
  reopened: { zh: '工单被重新打开', en: 'Work order opened again' },
};
export type TicketOccasion = 'created' | 'assigned' | 'late' | 'reopened';

export function ticketWords(options: {
  ticket: Ticket;
  number: number;
  occasion: TicketOccasion;
  language: Language;
  communityName: string;
}): Words {
  const { ticket, number, occasion, language, communityName } = options;
  return {
    title: `${TICKET_LEAD[occasion][language]} #${number}`,
    text: [ticket.title, `${communityName} ${locationTitle(ticket.location, language)}`].join('\n'),
  };
}

export function testWords(language: Language, channelName: string): Words {
  return language === 'zh'
    ? { title: '邻里测试消息', text: `通道“${channelName}”可用。` }
    : { title: 'Linli test message', text: `The channel "${channelName}" works.` };
}

/** Hours and minutes in China: people read it on the spot. */
function clockText(at: number): string {
  const minutes = Math.floor(at / 60_000 + 8 * 60) % (24 * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

function agoText(spanMs: number, language: Language): string {
  const minutes = Math.floor(spanMs / 60_000);
  if (minutes < 1) return '';
  return language === 'zh' ? `(${minutes} 分钟前)` : ` (${minutes} min ago)`;
}
