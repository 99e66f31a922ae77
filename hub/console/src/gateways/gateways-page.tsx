/** The gateways: is the link true, how far behind are they, what waits, what was lost, how the cameras do. */
import { KeyOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Skeleton } from 'antd';
import { useState } from 'react';
import { useGateways } from '../api/devices.ts';
import type { GatewayItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useMay } from '../shared/use-may.ts';
import { problemText } from '../shared/use-problem.ts';
import { ClaimDialog } from './claim-dialog.tsx';
import { Claims } from './claims.tsx';
import { GatewayCard } from './gateway-card.tsx';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: gateways, error, isLoading } = useGateways();
  const { enrolGateways } = useMay();
  const [claiming, setClaiming] = useState(false);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('gateway.title')}</h1>
        <span className="grow" />
        {enrolGateways && (
          <Button type="primary" icon={<KeyOutlined />} onClick={() => setClaiming(true)}>
            {t('claim.make')}
          </Button>
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {gateways?.length === 0 && <Empty description={t('gateway.empty')} />}
      <div className="cards">
        {gateways?.map((gateway: GatewayItem) => (
          <GatewayCard key={gateway.id} gateway={gateway} />
        ))}
        {enrolGateways && <Claims />}
      </div>
      {claiming && <ClaimDialog onClose={() => setClaiming(false)} />}
    </div>
  );
}
