/** What to tune: load against the standard's targets, the noisy, the chattering, the stale, the false. */
import { Alert, Segmented, Skeleton } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useKpis, useTicketKpis } from '../api/manage.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CommunityFilter } from '../shared/community-filter.tsx';
import { problemText } from '../shared/use-problem.ts';
import { Figures, TicketFigures } from './figures.tsx';
import { Mix } from './mix.tsx';
import { Tuning } from './tuning.tsx';

const LoadChart = lazy(() => import('./load-chart.tsx'));
const SPANS = { '8h': 8, '24h': 24, '7d': 168 } as const;
type Span = keyof typeof SPANS;
/** The span's end moves in steps, so that looking again soon asks for the same. */
const STEP_MS = 60_000;

function endingNow(hours: number): { from: number; to: number } {
  const to = Math.ceil(Date.now() / STEP_MS) * STEP_MS;
  return { from: to - hours * 3_600_000, to };
}

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const [span, setSpan] = useState<Span>('24h');
  const [times, setTimes] = useState(() => endingNow(SPANS['24h']));
  const [communityId, setCommunityId] = useState('');
  const { data: kpis, error, isLoading } = useKpis({ ...times, communityId });
  const { data: tickets } = useTicketKpis({ ...times, communityId });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('kpi.title')}</h1>
        <span className="muted">{t('kpi.lead')}</span>
        <span className="grow" />
        <CommunityFilter value={communityId} onChange={setCommunityId} />
        <Segmented<Span>
          value={span}
          options={(Object.keys(SPANS) as Span[]).map((value) => ({ value, label: t(`kpi.span.${value}`) }))}
          onChange={(value) => {
            setSpan(value);
            setTimes(endingNow(SPANS[value]));
          }}
        />
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {kpis && (
        <>
          <Figures kpis={kpis} />
          <div className="kpi-pair">
            <section className="panel card">
              <div className="card-head">
                <h2>{t('kpi.rateChart')}</h2>
              </div>
              <Suspense fallback={<Skeleton active />}>
                <LoadChart kpis={kpis} />
              </Suspense>
            </section>
            <Mix kpis={kpis} />
          </div>
          <Tuning kpis={kpis} />
        </>
      )}
      {tickets && <TicketFigures figures={tickets} />}
    </div>
  );
}
