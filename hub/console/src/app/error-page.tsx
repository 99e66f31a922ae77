/** What is shown when a page fails or does not exist, and while one loads. */
import { useRouteError } from 'react-router';
import { useI18n } from '../i18n/i18n.tsx';

export function ErrorPage() {
  const { t } = useI18n();
  const error = useRouteError();
  return (
    <main className="empty">
      <h2>{error ? t('app.error') : t('app.notFound')}</h2>
      {error instanceof Error && <p className="muted">{error.message}</p>}
      <p>
        {error !== undefined && (
          <button type="button" className="plain-button" onClick={() => location.reload()}>
            {t('app.retry')}
          </button>
        )}{' '}
        <a className="plain-button" href="/">
          {t('app.home')}
        </a>
      </p>
    </main>
  );
}

export function Loading() {
  const { t } = useI18n();
  return (
    <output className="loading" aria-label={t('app.loading')}>
      <span />
    </output>
  );
}
