/** The board: what waits, what is taken, what is being done, what is solved. The most pressing on top. */

import { LinkOutlined, UserOutlined } from '@ant-design/icons';
import { Empty } from 'antd';
import { Link } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { TICKET_PRIORITIES, type TicketState } from '../../../../core/ticket.ts';
import type { ClockName, TicketItem } from '../api/types.ts';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';
import { Since } from '../shared/since.tsx';
import { ClockLine } from './clock-line.tsx';

const COLUMNS: readonly { title: MessageKey; states: readonly TicketState[] }[] = [
  { title: 'ticket.state.open', states: ['open'] },
  { title: 'ticket.state.taken', states: ['taken'] },
  { title: 'ticket.state.working', states: ['working', 'paused'] },
  { title: 'ticket.state.resolved', states: ['resolved'] },
];
/** Solved ones are of interest for a while only. */
const CARDS_MAX = 60;

export function TicketBoard({
  tickets,
  currentId,
  narrow,
}: {
  tickets: readonly TicketItem[];
  currentId: string | undefined;
  narrow: boolean;
}) {
  const { t } = useI18n();
  if (tickets.length === 0) return <Empty description={t('ticket.empty')} />;
  return (
    <div className={narrow ? 'board narrow' : 'board'}>
      {COLUMNS.map((column) => {
        const cards = tickets.filter((ticket) => column.states.includes(ticket.state)).sort(byUrgency);
        if (narrow && cards.length === 0) return null;
        return (
          <section className="board-column" key={column.title}>
            <h2>
              {t(column.title)} <span className="chip num">{cards.length}</span>
            </h2>
            {cards.slice(0, CARDS_MAX).map((ticket) => (
              <TicketCard key={ticket.id} ticket={ticket} current={ticket.id === currentId} />
            ))}
          </section>
        );
      })}
    </div>
  );
}

function byUrgency(a: TicketItem, b: TicketItem): number {
  return (
    TICKET_PRIORITIES.indexOf(a.priority) - TICKET_PRIORITIES.indexOf(b.priority) ||
    (a.dueAt ?? Number.POSITIVE_INFINITY) - (b.dueAt ?? Number.POSITIVE_INFINITY) ||
    b.createdAt - a.createdAt
  );
}

/** The clock that somebody should look at: the first that is still open. */
export function openClock(ticket: TicketItem): ClockName | undefined {
  return (['respond', 'arrive', 'solve'] as const).find((name) =>
    ['running', 'late', 'paused'].includes(ticket.sla[name].state),
  );
}

function TicketCard({ ticket, current }: { ticket: TicketItem; current: boolean }) {
  const { t, label, language } = useI18n();
  const clock = openClock(ticket);
  const place = locationTitle(ticket.location, language);
  return (
    <Link
      to={`/tickets/${ticket.id}`}
      className={`ticket-card priority-${ticket.priority}${current ? ' current' : ''}`}
    >
      <strong>{ticket.title}</strong>
      {!ticket.title.includes(place) && <span>{place}</span>}
      <span className="row-meta">
        <span className="num">#{ticket.number}</span>
        <span>{t(`ticket.priority.${ticket.priority}`)}</span>
        <span>{label('category', ticket.category)}</span>
        {ticket.state === 'paused' && <span>{t('ticket.state.paused')}</span>}
        {ticket.alarmId && (
          <span>
            <LinkOutlined /> {t('ticket.source.alarm')}
          </span>
        )}
      </span>
      <span className="row-meta">
        <span>
          <UserOutlined /> {ticket.owner ?? t('ticket.noOwner')}
        </span>
        {clock ? (
          <ClockLine clock={ticket.sla[clock]} name={t(`ticket.clock.${clock}`)} />
        ) : (
          <Since at={ticket.updatedAt} />
        )}
      </span>
    </Link>
  );
}
