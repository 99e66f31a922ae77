/** What this gateway refused of its devices: enough to find the device that talks rubbish, and to see what it says. */
import { useDeadLetters } from '../api/devices.ts';
import type { GatewayItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle, fullTime } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';
import { bytesTitle } from './bytes.ts';

export function DeadLetters({ gateway }: { gateway: GatewayItem }) {
  const { t, label, locale } = useI18n();
  const now = useNow(60_000);
  const { data: letters } = useDeadLetters(gateway.id);
  return (
    <>
      <h3>{t('gateway.refused')}</h3>
      {letters?.length === 0 && <p className="muted">{t('gateway.refusedNone')}</p>}
      <ul className="gap-list refused-list">
        {letters?.map((letter) => (
          <li key={letter.id}>
            <span>
              <time title={fullTime(letter.at, locale)}>{clockTitle(letter.at, now, locale)}</time>{' '}
              <span title={letter.topic}>{letter.deviceId}</span> <b>{label('gateway.refused', letter.reason)}</b>
            </span>
            <span className="muted num">{bytesTitle(letter.bytes)}</span>
            <code>{letter.sample}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
