/** What the shift leaves behind, list by list; empty ones say so. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { SEVERITIES } from '../../../../core/rule.ts';
import { SeverityMark } from '../alarms/severity-mark.tsx';
import type { ReportAlarm, ShiftReport } from '../api/types.ts';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { Since } from '../shared/since.tsx';
import { useNow } from '../shared/use-now.ts';

export function Report({ report }: { report: ShiftReport }) {
  const { t, label } = useI18n();
  return (
    <>
      <div className="tiles">
        {SEVERITIES.map((severity) => (
          <div key={severity} className={`tile tone-${severity}`} style={{ cursor: 'default' }}>
            <SeverityMark severity={severity} size={30} />
            <span>
              <b className="num">{report.raised[severity]}</b>
              <small>{t(`severity.${severity}`)}</small>
            </span>
          </div>
        ))}
      </div>
      <p className="muted" style={{ marginBottom: 12 }}>
        {t('handover.falseAlarms')} {report.falseAlarms} · {t('handover.undelivered')} {report.undeliveredNotices}
      </p>
      <div className="cards">
        <Alarms title="handover.unacknowledged" list={report.unacknowledged} />
        <Alarms title="handover.active" list={report.active} />
        <Alarms title="handover.muted" list={report.muted} />
        <Section title="handover.openTickets" count={report.openTickets.count}>
          {report.openTickets.lines.map((ticket) => (
            <li key={ticket.id}>
              <Link to={`/tickets/${ticket.id}`}>
                #{ticket.number} {label('category', ticket.category)} {ticket.place}
              </Link>
              <span className={ticket.overdue ? 'clock-line over' : 'muted'}>
                {t(`ticket.state.${ticket.state}`)} · {ticket.owner ?? t('ticket.noOwner')}
              </span>
            </li>
          ))}
        </Section>
        <Section title="handover.silentDevices" count={report.silentDevices.count}>
          {report.silentDevices.lines.map((device) => (
            <li key={device.id}>
              <Link to={`/devices/${device.id}`}>{device.name}</Link>
              <span className="muted">
                <Since at={device.lastSeenAt} />
              </span>
            </li>
          ))}
        </Section>
      </div>
    </>
  );
}

function Alarms({ title, list }: { title: MessageKey; list: { count: number; lines: ReportAlarm[] } }) {
  const { t, text, locale } = useI18n();
  const now = useNow(60_000);
  return (
    <Section title={title} count={list.count}>
      {list.lines.map((alarm) => (
        <li key={alarm.id}>
          <Link to={`/alarms/${alarm.id}`} style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
            <SeverityMark severity={alarm.severity} state={alarm.state} size={20} />
            {alarm.place} {text(alarm.title)}
          </Link>
          <span className="muted">
            {alarm.untilAt ? t('handover.until', { time: clockTitle(alarm.untilAt, now, locale) }) : null}{' '}
            {alarm.reason ?? <Since at={alarm.firstAt} />}
          </span>
        </li>
      ))}
    </Section>
  );
}

function Section({ title, count, children }: { title: MessageKey; count: number; children: ReactNode }) {
  const { t } = useI18n();
  return (
    <section className="panel card">
      <div className="card-head">
        <h2>{t(title)}</h2>
        <span className="chip num">{count}</span>
      </div>
      {count === 0 ? <p className="muted">{t('handover.none')}</p> : <ul className="gap-list">{children}</ul>}
    </section>
  );
}
