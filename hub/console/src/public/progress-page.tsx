/** How far a report is: steps anybody understands, the promise, photos, and a say at the end. */
import { useParams, useSearchParams } from 'react-router';
import { useReport } from '../api/public.ts';
import type { PublicReport } from '../api/public-types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';
import { PublicFrame } from './public-frame.tsx';
import { Say } from './say.tsx';
import { Steps } from './steps.tsx';

export function Component() {
  const { token = '' } = useParams();
  const [search] = useSearchParams();
  const { t } = useI18n();
  const { data: report, error } = useReport(token);
  return (
    <PublicFrame title={t('progress.title')} subtitle={report && t('progress.number', { id: report.number })}>
      {search.has('new') && report && (
        <section className="public-done">
          <h2>{t('report.done')}</h2>
          <p>{t('report.doneText')}</p>
        </section>
      )}
      {error && !report && <p className="public-danger">{t('progress.gone')}</p>}
      {report && <Progress report={report} token={token} />}
    </PublicFrame>
  );
}

function Progress({ report, token }: { report: PublicReport; token: string }) {
  const { t, label, locale } = useI18n();
  const now = useNow(30_000);
  const { solveDueAt } = report.promised;
  return (
    <>
      <section className="public-card">
        <h2>{report.title}</h2>
        <p className="public-meta">
          {label('category', report.category)} · {report.place}
        </p>
        {report.description !== report.title && report.description !== '' && <p>{report.description}</p>}
        <Steps report={report} />
        {report.overdue ? (
          <p className="public-late">{t('progress.overdue')}</p>
        ) : (
          solveDueAt !== null && (
            <p className="public-promise">{t('progress.promise', { time: clockTitle(solveDueAt, now, locale) })}</p>
          )
        )}
      </section>
      {(report.canRate || report.canReopen || report.rating) && <Say report={report} token={token} />}
      {report.photos.length > 0 && (
        <section className="public-card">
          <h3>{t('ticket.photos')}</h3>
          <div className="public-photos">
            {report.photos.map((photo) => (
              <a key={photo.id} href={photo.url} target="_blank" rel="noreferrer">
                <img src={photo.url} alt={t('ticket.photos')} loading="lazy" />
              </a>
            ))}
          </div>
        </section>
      )}
      <section className="public-card">
        <h3>{t('ticket.history')}</h3>
        <ol className="public-history">
          {report.progress.toReversed().map((line) => (
            <li key={`${line.at}-${line.what}`}>
              <time className="num">{clockTitle(line.at, now, locale)}</time>
              <strong>{label('progress.what', line.what)}</strong>
              {line.text && <p>{line.text}</p>}
            </li>
          ))}
        </ol>
      </section>
      <p className="public-foot">
        {t('progress.keep')} · <a href={`/report/${report.communityId}`}>{t('report.another')}</a>
      </p>
    </>
  );
}
