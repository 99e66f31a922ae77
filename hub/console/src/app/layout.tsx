/** The frame for signed-in people: navigation by role, live status, sound, theme, language, account. */
import { useEffect } from 'react';
import { Outlet, useLocation, useNavigate } from 'react-router';
import { useWatch, WatchProvider } from '../alarms/watch.tsx';
import { useSession } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { LiveProvider } from '../live/live.tsx';
import { Notices } from '../live/notices.tsx';
import { Arrival } from './arrival.tsx';
import { Loading } from './error-page.tsx';
import { Rail, ThumbBar } from './navigation.tsx';
import { TopBar } from './top-bar.tsx';

export function Component() {
  const { data: user, isLoading, error } = useSession();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  useEffect(() => {
    if (user === null) navigate(`/login?next=${encodeURIComponent(pathname + search)}`, { replace: true });
  }, [user, navigate, pathname, search]);

  // Departments have their cases, not the estates' alarms.
  const elsewhere = user?.role === 'department' && pathname.startsWith('/alarms');
  useEffect(() => {
    if (elsewhere) navigate('/tickets', { replace: true });
  }, [elsewhere, navigate]);

  if (error) throw error;
  if (isLoading || !user || elsewhere) return <Loading />;
  return (
    <LiveProvider key={user.username}>
      <WatchProvider>
        <Notices />
        <Shell />
      </WatchProvider>
    </LiveProvider>
  );
}

function Shell() {
  const { t } = useI18n();
  const { locked, unlock } = useWatch();
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <Rail />
      <TopBar />
      <main className="main" id="main" tabIndex={-1}>
        {locked && (
          <button type="button" className="sound-hint" onClick={unlock}>
            {t('pref.sound.locked')}
          </button>
        )}
        <Outlet />
      </main>
      <ThumbBar />
      <Arrival />
    </div>
  );
}
