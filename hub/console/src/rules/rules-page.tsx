/** Rules with their inheritance, planned silence, and which alarms mute which, of one community. */
import { Tabs } from 'antd';
import { useI18n } from '../i18n/i18n.tsx';
import { useChosenCommunity, useTab } from '../shared/community-picker.tsx';
import { Inhibitions } from './inhibitions.tsx';
import { RuleList } from './rule-list.tsx';
import { Windows } from './windows.tsx';

export function Component() {
  const { t } = useI18n();
  const { communityId, picker } = useChosenCommunity();
  const [tab, setTab] = useTab('rules');
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('rules.title')}</h1>
        <span className="muted">{t('rules.lead')}</span>
        <span className="grow" />
        {picker}
      </div>
      <Tabs
        activeKey={tab}
        onChange={setTab}
        items={[
          { key: 'rules', label: t('rules.tab.rules'), children: <RuleList communityId={communityId} /> },
          { key: 'windows', label: t('rules.tab.windows'), children: <Windows communityId={communityId} /> },
          {
            key: 'inhibitions',
            label: t('rules.tab.inhibitions'),
            children: <Inhibitions communityId={communityId} />,
          },
        ]}
      />
    </div>
  );
}
