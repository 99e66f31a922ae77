/** What was pushed to a gateway and what of it runs: register, rules, configuration; what it refused and why; what else is wrong. */
import { SettingOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import type { GatewayItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useMay } from '../shared/use-may.ts';
import { useNow } from '../shared/use-now.ts';
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
          <Versions {...registry} ofInstant="hidden" />
        </li>
        <li>
          <span>{t('gateway.config.rules')}</span>
          <Versions {...rules} ofInstant="shown" />
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

interface VersionsProps {
  wanted: number;
  running: number | null;
  /** The version is the instant of the change: shown as such, or hidden where it says nothing to people. */
  ofInstant?: 'shown' | 'hidden';
}

function Versions({ wanted, running, ofInstant }: VersionsProps) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  if (running === null) return <span className="muted">{t('gateway.config.unknown')}</span>;
  const isSame = running === wanted;
  const name = (version: number) => {
    if (ofInstant !== 'shown') return t('gateway.config.version', { version });
    return version === 0
      ? t('gateway.config.defaults')
      : t('gateway.config.of', { at: clockTitle(version, now, locale) });
  };
  const text = () => {
    if (ofInstant === 'hidden') return t(isSame ? 'gateway.config.synced' : 'gateway.config.syncing');
    if (isSame && running === 0) return t(ofInstant ? 'gateway.config.defaults' : 'gateway.config.asFile');
    if (isSame) return t('gateway.config.runs', { running: name(running) });
    return t('gateway.config.differs', { running: name(running), wanted: name(wanted) });
  };
  return <span className={isSame ? 'muted num' : 'num config-behind'}>{text()}</span>;
}
