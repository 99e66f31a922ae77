/** Notices: what I want to be told, the channels they go through, and what was sent with what outcome. */
import { Tabs } from 'antd';
import { useI18n } from '../i18n/i18n.tsx';
import { useTab } from '../shared/community-picker.tsx';
import { Channels } from './channels.tsx';
import { SentLog } from './sent-log.tsx';
import { Subscriptions } from './subscriptions.tsx';

export function Component() {
  const { t } = useI18n();
  const [tab, setTab] = useTab('mine');
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('notify.title')}</h1>
        <span className="muted">{t('notify.lead')}</span>
      </div>
      <Tabs
        activeKey={tab}
        onChange={setTab}
        items={[
          { key: 'mine', label: t('notify.tab.mine'), children: <Subscriptions /> },
          { key: 'channels', label: t('notify.tab.channels'), children: <Channels /> },
          { key: 'log', label: t('notify.tab.log'), children: <SentLog /> },
        ]}
      />
    </div>
  );
}
