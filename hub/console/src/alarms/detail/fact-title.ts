/** A fact in words. Pure. */
import type { AlarmFact } from '../../../../../core/alarm.ts';
import type { AlarmHistoryItem } from '../../api/types.ts';
import type { I18n } from '../../i18n/i18n.tsx';

/** The fact behind a line of the API's history. */
export function factOf(item: AlarmHistoryItem, alarmId: string): AlarmFact {
  const { id, at, what, who, where, late, detail } = item;
  return { id, alarmId, at, author: who, origin: where, late, body: { ...detail, type: what } as AlarmFact['body'] };
}

export function factTitle(fact: AlarmFact, { t, label }: I18n, time: (at: number) => string): string {
  const { body } = fact;
  switch (body.type) {
    case 'raised':
      return t('fact.raised', { severity: t(`severity.${body.severity}`) });
    case 'updated':
      return t('fact.updated', { n: body.count });
    case 'cleared':
      return t('fact.cleared', { reason: label('fact.cleared', body.reason) });
    case 'shelved':
    case 'out-of-service':
      return t(`fact.${body.type}`, { until: time(body.untilAt) });
    case 'unshelved':
      return body.cause === 'expired' ? t('fact.unshelved.expired') : t('fact.unshelved');
    case 'suppressed':
    case 'unsuppressed':
      return t(`fact.${body.type}`, { by: body.by });
    case 'assigned':
      return t('fact.assigned', { name: body.username });
    case 'evidence':
      return t('fact.evidence', { type: t(`alarm.evidence.${body.evidence.type}`) });
    case 'ticket-linked':
      return t('fact.ticket-linked', { id: body.ticketId });
    case 'incident-linked':
      return body.firstOut ? t('fact.incident-first') : t('fact.incident-linked');
    case 'notified':
      return t('fact.notified', { to: body.to, notifier: body.notifier, outcome: body.outcome });
    case 'escalated':
      return t('fact.escalated', { level: body.level, to: body.to });
    case 'verdict':
      return t('fact.verdict', { verdict: verdictTitle(body, { t, label }) });
    case 'reset':
    case 'acknowledged':
    case 'in-service':
    case 'commented':
    case 'evidence-viewed':
      return t(`fact.${body.type}`);
  }
}

function verdictTitle(
  body: { verdict: string; label?: string | undefined },
  { label }: Pick<I18n, 't' | 'label'>,
): string {
  const word = label('alarm.verdict', body.verdict);
  return body.label ? `${word} (${label('alarm.verdict.label', body.label)})` : word;
}

/** What a person wrote with it. */
export function factNote({ body }: AlarmFact): string | undefined {
  if (body.type === 'acknowledged') return body.note;
  if (body.type === 'commented') return body.text;
  if (body.type === 'shelved' || body.type === 'out-of-service' || body.type === 'suppressed') return body.reason;
  return undefined;
}

export function authorTitle({ author }: AlarmFact, { t }: I18n): string {
  if (author.type === 'person') return author.id;
  return author.type === 'rule' ? t('fact.by.rule', { id: author.id }) : t('fact.by.system', { id: author.id });
}

export function originTitle({ origin }: AlarmFact, { t }: I18n): string {
  return origin.type === 'hub' ? t('fact.at.hub') : t('fact.at.gateway', { id: origin.id });
}

export function factColor({ body, author }: AlarmFact): string {
  if (body.type === 'raised' || body.type === 'updated') return 'var(--critical)';
  if (body.type === 'cleared' || body.type === 'reset') return 'var(--ok)';
  return author.type === 'person' ? 'var(--brand)' : 'var(--line-2)';
}
