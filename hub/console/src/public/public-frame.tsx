/** The frame of the public pages: whose page it is, the language, nothing else. */
import { type ReactNode, useEffect } from 'react';
import { usePreferences } from '../app/preferences.tsx';
import { useI18n } from '../i18n/i18n.tsx';

export function PublicFrame({
  title,
  subtitle,
  children,
}: {
  title: string;
  subtitle?: string | undefined;
  children: ReactNode;
}) {
  const { t } = useI18n();
  const { language, set } = usePreferences();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <div className="public">
      <header className="public-head">
        <img src="/favicon.svg" alt="" width="44" height="44" />
        <div>
          <h1>{title}</h1>
          {subtitle && <p>{subtitle}</p>}
        </div>
        <button
          type="button"
          className="plain-button"
          lang={language === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => set({ language: language === 'zh' ? 'en' : 'zh' })}
        >
          {t('pref.language')}
        </button>
      </header>
      <main>{children}</main>
    </div>
  );
}
