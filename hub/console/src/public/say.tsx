/** The resident's last word: stars, or "not solved". Closed is not fixed unless they say so. */
import { useState } from 'react';
import { useReportWord } from '../api/public.ts';
import type { PublicReport } from '../api/public-types.ts';
import { useI18n } from '../i18n/i18n.tsx';

export function Say({ report, token }: { report: PublicReport; token: string }) {
  const { t } = useI18n();
  return (
    <section className="public-card">
      {report.rating ? (
        <>
          <h3>{t('progress.rated')}</h3>
          <p className="stars-shown" role="img" aria-label={t('progress.star', { n: report.rating.stars })}>
            {'★'.repeat(report.rating.stars)}
            {'☆'.repeat(5 - report.rating.stars)}
          </p>
        </>
      ) : (
        report.canRate && <RateForm token={token} />
      )}
      {report.canReopen && <ReopenForm token={token} />}
    </section>
  );
}

function RateForm({ token }: { token: string }) {
  const { t } = useI18n();
  const say = useReportWord(token);
  const [stars, setStars] = useState(0);
  const [text, setText] = useState('');
  return (
    <>
      <h3>{t('progress.rate')}</h3>
      <div className="stars">
        {[1, 2, 3, 4, 5].map((n) => (
          <button
            key={n}
            type="button"
            aria-label={t('progress.star', { n })}
            aria-pressed={n === stars}
            className={n <= stars ? 'on' : ''}
            onClick={() => setStars(n)}
          >
            {n <= stars ? '★' : '☆'}
          </button>
        ))}
      </div>
      {stars > 0 && (
        <>
          <label className="report-field">
            <span>{t('progress.rateText')}</span>
            <textarea rows={2} maxLength={2000} value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <button
            type="button"
            className="big-button"
            disabled={say.isPending}
            onClick={() => say.mutate({ action: 'rate', stars, ...(text.trim() ? { text: text.trim() } : {}) })}
          >
            {t('progress.rateSubmit')}
          </button>
        </>
      )}
    </>
  );
}

function ReopenForm({ token }: { token: string }) {
  const { t } = useI18n();
  const say = useReportWord(token);
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  if (!open)
    return (
      <button type="button" className="big-button quiet" onClick={() => setOpen(true)}>
        {t('progress.reopen')}
      </button>
    );
  return (
    <>
      <label className="report-field">
        <span>{t('progress.reopenReason')}</span>
        <textarea rows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      <button
        type="button"
        className="big-button"
        disabled={say.isPending || reason.trim() === ''}
        onClick={() => say.mutate({ action: 'reopen', reason: reason.trim() })}
      >
        {t('progress.reopen')}
      </button>
    </>
  );
}
