/** What was pushed to a gateway and what of it runs: register, rules, configuration; what it refused and why; what else is wrong. */
import { SettingOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import type { GatewayItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useMay } from '../shared/use-may.ts';
import { SettingsDialog } from './settings-dialog.tsx';

export function Running({ gateway }: { gateway: GatewayItem }) {
  const { t } = useI18n();
  const { administer } = useMay();
  const [editing, setEditing] = useState(false);
  const { registry, rules, settings, problems } = gateway;
  return (
    <>
      <h3>{t('gateway.config')}</h3>
      <ul className="gap-list">
        <li>
          <span>{t('gateway.config.registry')}</span>
          <Versions {...registry} isRegister />
        </li>
        <li>
          <span>{t('gateway.config.settings')}</span>
          <span>
            <Versions {...settings} />{' '}
            {administer && (
              <Button size="small" icon={<SettingOutlined />} onClick={() => setEditing(true)}>
                {t('gateway.config.change')}
              </Button>
            )}
          </span>
        </li>
        {rules.refused && (
          <li className="config-problem">{t('gateway.config.rulesRefused', { reason: rules.refused.reason })}</li>
        )}
        {settings.refused && <li className="config-problem">{t('gateway.config.refused', { ...settings.refused })}</li>}
        {problems.map((problem) => (
          <li key={problem} className="config-problem">
            {problem}
          </li>
        ))}
      </ul>
      {editing && <SettingsDialog gateway={gateway} onClose={() => setEditing(false)} />}
    </>
  );
}

function Versions({ wanted, running, isRegister }: { wanted: number; running: number | null; isRegister?: boolean }) {
  const { t } = useI18n();
  if (running === null) return <span className="muted">{t('gateway.config.unknown')}</span>;
  const isSame = running === wanted;
  const text = () => {
    // A register's version is an instant: it says nothing to people.
    if (isRegister) return t(isSame ? 'gateway.config.synced' : 'gateway.config.syncing');
    if (isSame) return running === 0 ? t('gateway.config.asFile') : t('gateway.config.runs', { running });
    return t('gateway.config.differs', { running, wanted });
  };
  return <span className={isSame ? 'muted num' : 'num config-behind'}>{text()}</span>;
}
