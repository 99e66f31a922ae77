/** The gateways: is the link true, how far behind are they, what waits, what was lost, how the cameras do. */
import { Alert, Empty, Skeleton } from 'antd';
import { useGateways } from '../api/devices.ts';
import type { GatewayItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { problemText } from '../shared/use-problem.ts';
import { GatewayCard } from './gateway-card.tsx';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: gateways, error, isLoading } = useGateways();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('gateway.title')}</h1>
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {gateways?.length === 0 && <Empty description={t('gateway.empty')} />}
      <div className="cards">
        {gateways?.map((gateway: GatewayItem) => (
          <GatewayCard key={gateway.id} gateway={gateway} />
        ))}
      </div>
    </div>
  );
}
