/** Channels: where notices go out, with a test button that says at once how it went. */
import { EditOutlined, PlusOutlined, SendOutlined } from '@ant-design/icons';
import { Alert, App, Button, Empty, Input, Popconfirm, Skeleton } from 'antd';
import { useState } from 'react';
import { type ChannelItem, useChannels, useChannelWord, useNotifiers, useTestChannel } from '../api/notify.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useMay } from '../shared/use-may.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';
import { ChannelDialog } from './channel-dialog.tsx';

/** Always there; it needs no configuration. */
const CONSOLE = 'console';

export function Channels() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: channels = [], error, isLoading } = useChannels();
  const [editing, setEditing] = useState<ChannelItem | 'new' | null>(null);
  const may = useMay();
  return (
    <>
      <div className="form-line">
        <span className="grow" />
        {may.administer && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
            {t('notify.addChannel')}
          </Button>
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {!isLoading && !error && channels.length === 0 && <Empty description={t('notify.noChannel')} />}
      <ul className="manage-list">
        {channels.map((channel) => (
          <ChannelRow key={channel.id} channel={channel} onEdit={() => setEditing(channel)} />
        ))}
      </ul>
      {editing && <ChannelDialog channel={editing === 'new' ? undefined : editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function ChannelRow({ channel, onEdit }: { channel: ChannelItem; onEdit(): void }) {
  const { t, text } = useI18n();
  const { data: notifiers = [] } = useNotifiers();
  const communityName = useCommunityName();
  const may = useMay();
  const word = useChannelWord();
  const problem = useProblem();
  const notifier = notifiers.find(({ id }) => id === channel.notifier);
  return (
    <li className={`panel manage-row${channel.enabled ? '' : ' is-off'}`}>
      <div className="manage-main">
        <div className="manage-title">
          {channel.name}
          <span className="muted">{text(notifier?.title) || channel.notifier}</span>
          {!channel.enabled && <span className="chip">{t('notify.disabled')}</span>}
          {channel.unreadable && <span className="chip chip-safety">{t('notify.unreadable')}</span>}
        </div>
        <div className="muted">
          {channel.communityId ? communityName(channel.communityId) : t('notify.street')} ·{' '}
          {channel.language === 'zh' ? '中文' : 'English'}
        </div>
      </div>
      {may.administer && (
        <div className="manage-actions">
          <TestButton channel={channel} isPersonal={notifier?.personal === true && channel.id !== CONSOLE} />
          {channel.id !== CONSOLE && (
            <>
              <Button icon={<EditOutlined />} onClick={onEdit}>
                {t('rules.edit')}
              </Button>
              <Popconfirm
                title={t('notify.removeSure')}
                okText={t('app.delete')}
                cancelText={t('app.cancel')}
                onConfirm={() => word.mutate(channel.id, { onError: problem })}
              >
                <Button danger loading={word.isPending}>
                  {t('app.delete')}
                </Button>
              </Popconfirm>
            </>
          )}
        </div>
      )}
    </li>
  );
}

/** A channel that reaches one person is told whom to send the test to. */
function TestButton({ channel, isPersonal }: { channel: ChannelItem; isPersonal: boolean }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const [to, setTo] = useState('');
  const test = useTestChannel();
  const problem = useProblem();
  const run = () =>
    test.mutate(
      { id: channel.id, to: to.trim() || null },
      {
        onError: problem,
        onSuccess: (outcome) =>
          outcome.outcome === 'delivered'
            ? void message.success(t('notify.test.delivered'))
            : void message.error(t(`notify.test.${outcome.outcome}`, { reason: outcome.reason }), 10),
      },
    );
  return (
    <>
      {isPersonal && (
        <Input
          value={to}
          onChange={(event) => setTo(event.target.value)}
          onPressEnter={run}
          placeholder={t('notify.testTo')}
          aria-label={`${channel.name}: ${t('notify.testTo')}`}
          style={{ width: 160 }}
        />
      )}
      <Button icon={<SendOutlined />} loading={test.isPending} onClick={run}>
        {t('notify.test')}
      </Button>
    </>
  );
}
