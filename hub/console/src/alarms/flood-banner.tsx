/** Says that a flood is on: how much is folded, until when at the latest, and what is not touched by it. */
import { Alert, Button } from 'antd';
import type { AlarmItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';

export function FloodBanner({ alarms, onShow }: { alarms: ReadonlyMap<string, AlarmItem>; onShow(): void }) {
  const { t, locale } = useI18n();
  const ends = [...alarms.values()].flatMap(({ state, suppressedBy }) =>
    state === 'suppressed' ? suppressedBy.flatMap(({ by, untilAt }) => (by === 'flood' ? [untilAt ?? 0] : [])) : [],
  );
  if (ends.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginBottom: 12 }}
      title={t('alarm.flood', { n: ends.length, time: fullTime(Math.max(...ends), locale) })}
      action={
        <Button size="small" onClick={onShow}>
          {t('alarm.floodShow')}
        </Button>
      }
    />
  );
}
