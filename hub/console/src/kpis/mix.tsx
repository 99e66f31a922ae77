/** The mix of severities as bars: when everything is critical, nothing is. */
import type { Kpis } from '../../../../core/kpi.ts';
import { SEVERITIES } from '../../../../core/rule.ts';
import { SeverityMark } from '../alarms/severity-mark.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { percent } from './figures.tsx';

export function Mix({ kpis }: { kpis: Kpis }) {
  const { t } = useI18n();
  return (
    <section className="panel card">
      <div className="card-head">
        <h2>{t('kpi.mix')}</h2>
      </div>
      {SEVERITIES.map((severity) => (
        <div key={severity} className={`mix-line tone-${severity}`}>
          <SeverityMark severity={severity} size={20} />
          <span>{t(`severity.${severity}`)}</span>
          <span className="lane-bar">
            <i style={{ width: `${kpis.mix[severity] * 100}%`, background: 'var(--tone)' }} />
          </span>
          <b className="num">{percent(kpis.mix[severity])}</b>
        </div>
      ))}
      <p className="muted">{t('kpi.mixTarget')}</p>
    </section>
  );
}
