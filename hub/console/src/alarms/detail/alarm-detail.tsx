/** Everything about one alarm, in the order a guard asks: what, where, what to do, what was seen, what happened. */

import { CloseOutlined } from '@ant-design/icons';
import { Button, Result, Skeleton } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import { locationTitle } from '../../../../../core/device.ts';
import { useAlarm } from '../../api/alarms.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { Since } from '../../shared/since.tsx';
import { useCommunityName } from '../../shared/use-community-name.ts';
import { MutedWhy } from '../muted-why.tsx';
import { isMuted } from '../order.ts';
import { SeverityMark } from '../severity-mark.tsx';
import { Actions } from './actions.tsx';
import { Evidence } from './evidence.tsx';
import { Facts } from './facts.tsx';
import { History } from './history.tsx';
import { Verdict } from './verdict.tsx';
import { Where } from './where.tsx';

const AlarmChart = lazy(() => import('./alarm-chart.tsx'));

export function AlarmDetailPanel({ id, onClose }: { id: string; onClose(): void }) {
  const { t } = useI18n();
  const { data: alarm, error } = useAlarm(id);
  if (error && !alarm)
    return <Result status="404" title={t('alarm.gone')} extra={<Button onClick={onClose}>{t('app.back')}</Button>} />;
  if (!alarm)
    return (
      <div style={{ padding: 24 }}>
        <Skeleton active />
      </div>
    );
  return (
    <article className="detail">
      <Head alarm={alarm} onClose={onClose} />
      <Actions alarm={alarm} />
      {alarm.response && (
        <section className="respond">
          <h3>{t('alarm.respond')}</h3>
          <Response alarm={alarm} />
        </section>
      )}
      {alarm.kind === 'high-throw-camera' && <Verdict alarm={alarm} />}
      {alarm.evidence.length > 0 && <Evidence alarm={alarm} />}
      <Where alarm={alarm} />
      <Facts alarm={alarm} />
      <ChartFold alarm={alarm} />
      <History alarm={alarm} />
    </article>
  );
}

function Response({ alarm }: { alarm: AlarmDetail }) {
  const { text } = useI18n();
  return <p>{text(alarm.response)}</p>;
}

function Head({ alarm, onClose }: { alarm: AlarmDetail; onClose(): void }) {
  const { t, text, language } = useI18n();
  const communityName = useCommunityName();
  return (
    <header className={`detail-head tone-${alarm.severity}`}>
      <SeverityMark severity={alarm.severity} state={alarm.state} size={44} />
      <div className="detail-title">
        <p className="detail-place">{locationTitle(alarm.location, language)}</p>
        <h2>{text(alarm.title)}</h2>
        <p className="row-meta">
          <strong style={{ color: 'var(--tone)' }}>{t(`state.${alarm.state}`)}</strong>
          <span>{t(`severity.${alarm.severity}`)}</span>
          <span>{communityName(alarm.communityId)}</span>
          <Since at={alarm.lastAt} skewMs={alarm.skewMs} />
          {alarm.lifeSafety && <span className="chip chip-safety">{t('alarm.lifeSafety')}</span>}
          {alarm.firstOut && <span className="chip chip-brand">{t('alarm.firstOut')}</span>}
          {alarm.ticketId && <Link to={`/tickets/${alarm.ticketId}`}>{t('alarm.ticketOpen')}</Link>}
        </p>
        {isMuted(alarm) && <MutedWhy alarm={alarm} />}
        {alarm.latched && <p className="why">{t('alarm.resetHint')}</p>}
      </div>
      <Button type="text" icon={<CloseOutlined />} aria-label={t('app.close')} onClick={onClose} />
    </header>
  );
}

/** The chart is fetched only when somebody wants it: the library is the largest part of the console. */
function ChartFold({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <details className="detail-section" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h3>{t('alarm.chart')}</h3>
      </summary>
      {open && (
        <Suspense fallback={<Skeleton active />}>
          <AlarmChart alarm={alarm} />
        </Suspense>
      )}
    </details>
  );
}
