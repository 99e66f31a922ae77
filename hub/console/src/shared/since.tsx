/** "3 min ago", kept true, with the exact time as it was said on hover. */
import { useI18n } from '../i18n/i18n.tsx';
import { ageTitle, fullTime } from './age.ts';
import { useNow } from './use-now.ts';

/** `skewMs`: how far the clock that said `at` is ahead of the hub's. */
export function Since({ at, skewMs = 0 }: { at: number; skewMs?: number }) {
  const i18n = useI18n();
  const trueAt = at - skewMs;
  const now = useNow(trueAt > Date.now() - 120_000 ? 1_000 : 15_000);
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={fullTime(at, i18n.locale)}>
      {ageTitle(trueAt, now, i18n)}
    </time>
  );
}
