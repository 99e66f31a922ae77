/** A line of a work order's history in words. Pure. */
import type { TicketHistoryItem } from '../api/types.ts';
import type { I18n } from '../i18n/i18n.tsx';

export function historyTitle({ what, detail }: TicketHistoryItem, { t, label }: I18n): string {
  const word = (field: string) => String(detail[field] ?? '');
  switch (what) {
    case 'assigned':
      return t('ticket.fact.assigned', { name: word('username') });
    case 'resolved':
      return t('ticket.fact.resolved', { outcome: label('ticket.outcome', word('outcome')) });
    case 'prioritised':
      return t('ticket.fact.prioritised', { priority: label('ticket.priority', word('priority')) });
    case 'rated':
      return t('ticket.fact.rated', { n: word('stars') });
    case 'linked':
      return t('ticket.fact.linked', { id: word('ticketId') });
    default:
      return label('ticket.fact', what);
  }
}

/** What a person wrote with it. */
export function historyNote({ detail }: TicketHistoryItem): string | undefined {
  const note = detail.note ?? detail.reason ?? detail.text;
  return typeof note === 'string' && note !== '' ? note : undefined;
}
