/** The rules of each kind of device, with the severity that each calls for. */
import { Alert, Skeleton } from 'antd';
import { SeverityMark } from '../alarms/severity-mark.tsx';
import { useKinds } from '../api/manage.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { problemText } from '../shared/use-problem.ts';

export function Component() {
  const i18n = useI18n();
  const { t, text } = i18n;
  const { data: kinds = [], error, isLoading } = useKinds();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('rules.title')}</h1>
        <span className="muted">{t('rules.lead')}</span>
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      <div className="cards">
        {kinds.map((kind) => (
          <section key={kind.id} className="panel card">
            <div className="card-head">
              <h2>{text(kind.title)}</h2>
              <span className="chip">{kind.id}</span>
            </div>
            <ul className="gap-list" style={{ maxHeight: 'none' }}>
              {kind.rules?.map((rule) => (
                <li key={rule.id} style={{ justifyContent: 'flex-start', alignItems: 'center' }}>
                  <SeverityMark severity={rule.severity} size={20} />
                  <span>{text(rule.title)}</span>
                  <span className="muted" style={{ marginLeft: 'auto' }}>
                    {rule.id} · {t(`severity.${rule.severity}`)} · {t('rules.default')}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}
