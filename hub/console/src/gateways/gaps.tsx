/** What was lost: these devices, these minutes. An honest account is worth more than a clean face. */
import { useGaps } from '../api/devices.ts';
import type { GatewayItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';

export function Gaps({ gateway }: { gateway: GatewayItem }) {
  const { t, label, locale } = useI18n();
  const now = useNow(60_000);
  const { data = [] } = useGaps();
  const gaps = data.filter((gap) => gap.gatewayId === gateway.id);
  return (
    <>
      <h3>{t('gateway.gaps')}</h3>
      {gaps.length === 0 && gateway.evicted === 0 && <p style={{ color: 'var(--ok)' }}>{t('gateway.gapsNone')}</p>}
      <ul className="gap-list">
        {gaps.map((gap) => (
          <li key={gap.id}>
            <span>
              {t('gateway.gapLine', {
                device: gap.deviceId,
                from: clockTitle(gap.fromAt, now, locale),
                to: clockTitle(gap.toAt, now, locale),
                n: gap.count,
              })}
            </span>
            <span className="muted">
              {label('gateway.lane', gap.lane)} · {label('gateway.gap', gap.reason)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
