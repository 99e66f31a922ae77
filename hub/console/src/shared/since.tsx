/** "3 min ago", kept true, with the exact time on hover. */
import { useI18n } from '../i18n/i18n.tsx';
import { ageTitle, fullTime } from './age.ts';
import { useNow } from './use-now.ts';

export function Since({ at }: { at: number }) {
  const i18n = useI18n();
  const now = useNow(at > Date.now() - 120_000 ? 1_000 : 15_000);
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={fullTime(at, i18n.locale)}>
      {ageTitle(at, now, i18n)}
    </time>
  );
}
