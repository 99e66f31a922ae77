/** The figures that the standard names, each against its target, judged in colour and in words. */
import type { Distribution, KPI_TARGETS, Kpis } from '../../../../core/kpi.ts';
import type { TicketKpis } from '../api/manage.ts';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';

type Judgement = 'good' | 'watch' | 'bad' | undefined;

interface FigureProps {
  title: string;
  value: string;
  note?: string | undefined;
  judgement?: Judgement;
}

export function Figures({ kpis }: { kpis: Kpis & { targets: typeof KPI_TARGETS } }) {
  const { t } = useI18n();
  const { targets } = kpis;
  const perHour = judge(kpis.perHour, targets.perHourGood, targets.perHourManageable);
  return (
    <div className="kpi-figures">
      <Figure title={t('kpi.raised')} value={String(kpis.raised)} note={t('kpi.mutedCount', { n: kpis.muted })} />
      <Figure
        title={t('kpi.perHour')}
        value={kpis.perHour.toFixed(1)}
        note={t('kpi.target', { target: `≤ ${targets.perHourGood}` })}
        judgement={perHour}
      />
      <Figure
        title={t('kpi.peak')}
        value={kpis.peakPerTenMinutes.toFixed(0)}
        note={t('kpi.target', { target: `< ${targets.floodBeginsAt}` })}
        judgement={judge(kpis.peakPerTenMinutes, targets.floodEndsBelow, targets.floodBeginsAt)}
      />
      <Figure
        title={t('kpi.flood')}
        value={percent(kpis.floodShare)}
        note={t('kpi.target', { target: `< ${percent(targets.floodShareMax)}` })}
        judgement={judge(kpis.floodShare, targets.floodShareMax, targets.floodShareMax * 5)}
      />
      <Answer title="kpi.ack" times={kpis.acknowledge} />
      <Answer title="kpi.respond" times={kpis.respond} />
      <Figure
        title={t('kpi.unanswered')}
        value={String(kpis.unanswered)}
        judgement={kpis.unanswered === 0 ? 'good' : 'watch'}
      />
      <Figure
        title={t('kpi.stale')}
        value={String(kpis.stale.length)}
        note={t('kpi.target', { target: `< ${targets.staleMax}` })}
        judgement={judge(kpis.stale.length, targets.staleMax - 1, targets.staleMax * 2)}
      />
    </div>
  );
}

function Answer({ title, times }: { title: MessageKey; times: Distribution }) {
  const i18n = useI18n();
  const { t } = i18n;
  return (
    <Figure
      title={t(title)}
      value={times.medianMs === null ? '—' : spanTitle(times.medianMs, i18n)}
      note={times.p90Ms === null ? t('kpi.noData') : t('kpi.p90', { age: spanTitle(times.p90Ms, i18n) })}
    />
  );
}

export function TicketFigures({ figures }: { figures: TicketKpis }) {
  const { t } = useI18n();
  return (
    <section style={{ marginTop: 18 }}>
      <h2 className="kpi-heading">{t('kpi.tickets')}</h2>
      <div className="kpi-figures">
        <Figure title={t('kpi.onTime')} value={String(figures.solvedOnTime)} />
        <Figure title={t('kpi.late')} value={String(figures.solvedLate)} />
        <Figure title={t('kpi.open')} value={String(figures.open)} />
        <Figure
          title={t('kpi.overdue')}
          value={String(figures.overdue)}
          judgement={figures.overdue > 0 ? 'bad' : 'good'}
        />
        <Figure title={t('kpi.reopened')} value={String(figures.reopened)} />
        <Figure title={t('kpi.dissatisfied')} value={String(figures.dissatisfied)} />
      </div>
    </section>
  );
}

function Figure({ title, value, note, judgement }: FigureProps) {
  const { t } = useI18n();
  return (
    <div className={`panel kpi-figure ${judgement ?? ''}`}>
      <small>{title}</small>
      <b className="num">{value}</b>
      <small className="num">
        {judgement && <strong>{t(`kpi.${judgement}`)}</strong>} {note}
      </small>
    </div>
  );
}

function judge(value: number, goodMax: number, badFrom: number): Judgement {
  if (value <= goodMax) return 'good';
  return value < badFrom ? 'watch' : 'bad';
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
}
