/** One work order: what, where, how the three clocks stand, what may be done now, photos, and its whole history. */

import { CloseOutlined } from '@ant-design/icons';
import { Button, Image, Rate, Result, Skeleton, Timeline } from 'antd';
import { Link } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { useTicket } from '../api/tickets.ts';
import type { ClockName, TicketDetail, TicketHistoryItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle, fullTime } from '../shared/age.ts';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useNow } from '../shared/use-now.ts';
import { clockView } from './clock-line.tsx';
import { historyNote, historyTitle } from './history-title.ts';
import { TicketActions } from './ticket-actions.tsx';

export function TicketDetailPanel({ id, onClose }: { id: string; onClose(): void }) {
  const { t } = useI18n();
  const { data: ticket, error } = useTicket(id);
  if (error && !ticket)
    return <Result status="404" title={t('ticket.gone')} extra={<Button onClick={onClose}>{t('app.back')}</Button>} />;
  if (!ticket) return <Skeleton active style={{ padding: 24 }} />;
  return (
    <article className="detail">
      <Head ticket={ticket} onClose={onClose} />
      <TicketActions ticket={ticket} />
      <section className="detail-section">
        <div className="clocks">
          {(['respond', 'arrive', 'solve'] as const).map((name) => (
            <ClockCard key={name} ticket={ticket} name={name} />
          ))}
        </div>
      </section>
      <About ticket={ticket} />
      <Photos ticket={ticket} />
      <History ticket={ticket} />
    </article>
  );
}

function Head({ ticket, onClose }: { ticket: TicketDetail; onClose(): void }) {
  const { t, label, language } = useI18n();
  const communityName = useCommunityName();
  const place = locationTitle(ticket.location, language);
  return (
    <header className="detail-head" style={{ ['--tone-soft' as string]: 'var(--panel-2)' }}>
      <div className="detail-title">
        <p className="detail-place">{ticket.title}</p>
        {!ticket.title.includes(place) && <h2>{place}</h2>}
        <p className="row-meta">
          <strong>{t(`ticket.state.${ticket.state}`)}</strong>
          <span className="num">#{ticket.number}</span>
          <span>{t(`ticket.priority.${ticket.priority}`)}</span>
          <span>{label('category', ticket.category)}</span>
          <span>{label('ticket.source', ticket.source)}</span>
          <span>{communityName(ticket.communityId)}</span>
          {ticket.reopenedCount > 0 && <span>{t('ticket.reopened', { n: ticket.reopenedCount })}</span>}
        </p>
      </div>
      <Button type="text" icon={<CloseOutlined />} aria-label={t('app.close')} onClick={onClose} />
    </header>
  );
}

function ClockCard({ ticket, name }: { ticket: TicketDetail; name: ClockName }) {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const now = useNow(5_000);
  const clock = ticket.sla[name];
  const view = clockView(clock, now, i18n);
  return (
    <div className="clock-card">
      <small className="muted">{t(`ticket.clock.${name}`)}</small>
      <b className={`clock-line num ${view.tone}`}>{view.title}</b>
      {clock.dueAt !== null && (
        <small className="muted num">{t('ticket.clock.due', { time: clockTitle(clock.dueAt, now, locale) })}</small>
      )}
    </div>
  );
}

function About({ ticket }: { ticket: TicketDetail }) {
  const { t } = useI18n();
  return (
    <section className="detail-section">
      {ticket.description && <p style={{ whiteSpace: 'pre-line' }}>{ticket.description}</p>}
      <p className="row-meta" style={{ fontSize: 14 }}>
        <span>
          {t('ticket.owner')}: <strong>{ticket.owner ?? t('ticket.noOwner')}</strong>
        </span>
        {ticket.outcome && (
          <span>
            {t('ticket.outcome')}: <strong>{t(`ticket.outcome.${ticket.outcome}`)}</strong>
          </span>
        )}
        {ticket.pausedReason && <span>{t('ticket.pausedBecause', { reason: ticket.pausedReason })}</span>}
      </p>
      {ticket.alarmIds.map((alarmId) => (
        <p key={alarmId}>
          <Link to={`/alarms/${alarmId}`}>{t('ticket.fromAlarm')} →</Link>
        </p>
      ))}
      {ticket.rating && (
        <p>
          {t('ticket.rating')}: <Rate disabled value={ticket.rating.stars} /> {ticket.rating.text}
        </p>
      )}
    </section>
  );
}

function Photos({ ticket }: { ticket: TicketDetail }) {
  const { t } = useI18n();
  if (ticket.photos.length === 0) return null;
  return (
    <section className="detail-section">
      <h3>{t('ticket.photos')}</h3>
      <div className="photos">
        <Image.PreviewGroup>
          {ticket.photos.map((photo) => (
            <Image key={photo.id} src={photo.url} alt={t('ticket.photos')} width={120} height={90} />
          ))}
        </Image.PreviewGroup>
      </div>
    </section>
  );
}

function History({ ticket }: { ticket: TicketDetail }) {
  const { t } = useI18n();
  return (
    <section className="detail-section">
      <h3>{t('ticket.history')}</h3>
      <Timeline
        items={[...ticket.history]
          .reverse()
          .map((item) => ({ key: item.id, content: <Line item={item} />, color: lineColor(item) }))}
      />
    </section>
  );
}

function lineColor({ who }: TicketHistoryItem): string {
  if (who.type === 'resident') return 'var(--major)';
  return who.type === 'person' ? 'var(--brand)' : 'var(--line-2)';
}

function Line({ item }: { item: TicketHistoryItem }) {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const now = useNow(60_000);
  const note = historyNote(item);
  return (
    <div className="fact">
      <div className="fact-line">
        <strong>{historyTitle(item, i18n)}</strong>
        <time className="num muted" title={fullTime(item.at, locale)} dateTime={new Date(item.at).toISOString()}>
          {clockTitle(item.at, now, locale)}
        </time>
      </div>
      {note && <blockquote>{note}</blockquote>}
      <div className="muted fact-who">
        {item.who.type === 'resident' && t('role.resident')}
        {item.who.type === 'system' && t('fact.by.system', { id: item.who.id })}
        {item.who.type === 'person' && item.who.id}
      </div>
    </div>
  );
}
