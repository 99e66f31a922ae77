/** Why an alarm is muted: by what, until when. */
import type { AlarmItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';

export function MutedWhy({ alarm }: { alarm: AlarmItem }) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  const time = (at: number | null) => (at === null ? '—' : clockTitle(at, now, locale));
  if (alarm.state === 'out-of-service')
    return (
      <span className="why">{t('muted.outOfService', { until: time(alarm.outOfServiceUntilAt), reason: '' })}</span>
    );
  if (alarm.state === 'shelved')
    return (
      <span className="why">
        {t('muted.shelved', { by: '', until: time(alarm.shelvedUntilAt), reason: alarm.shelvedReason ?? '' })}
      </span>
    );
  return (
    <>
      {alarm.suppressedBy.map((mute) => (
        <span className="why" key={mute.by}>
          {mute.untilAt === null
            ? t('muted.suppressed', { by: mute.by, reason: mute.reason })
            : t('muted.suppressedUntil', { by: mute.by, reason: mute.reason, until: time(mute.untilAt) })}
        </span>
      ))}
    </>
  );
}
