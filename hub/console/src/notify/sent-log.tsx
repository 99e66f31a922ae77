/** What was sent to whom and how it went, the newest first. */
import { Alert, Button, Select, Table, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { type SentItem, useChannels, useSentLog } from '../api/notify.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { flatPages } from '../live/apply.ts';
import { fullTime } from '../shared/age.ts';
import { problemText } from '../shared/use-problem.ts';

const STATUSES = ['queued', 'delivered', 'rejected', 'given-up', 'cancelled', 'muted'] as const;

export function SentLog() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: channels = [] } = useChannels();
  const [status, setStatus] = useState<string>();
  const [channelId, setChannelId] = useState<string>();
  const log = useSentLog({ ...(status ? { status } : {}), ...(channelId ? { channelId } : {}) });
  return (
    <>
      <div className="form-line">
        <Select
          allowClear
          value={status}
          onChange={setStatus}
          placeholder={t('notify.status')}
          aria-label={t('notify.status')}
          options={STATUSES.map((value) => ({ value, label: t(`notify.status.${value}`) }))}
          style={{ minWidth: 130 }}
        />
        <Select
          allowClear
          value={channelId}
          onChange={setChannelId}
          placeholder={t('notify.channel')}
          aria-label={t('notify.channel')}
          options={channels.map(({ id, name }) => ({ value: id, label: name }))}
          style={{ minWidth: 160 }}
        />
      </div>
      {log.error && <Alert type="error" title={problemText(log.error, i18n)} />}
      <Table
        rowKey="id"
        size="middle"
        loading={log.isLoading}
        dataSource={flatPages(log.data)}
        columns={useColumns()}
        pagination={false}
        scroll={{ x: 'max-content' }}
      />
      {log.hasNextPage && (
        <Button style={{ marginTop: 12 }} loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t('app.loadMore')}
        </Button>
      )}
    </>
  );
}

function useColumns(): TableColumnsType<SentItem> {
  const { t, locale } = useI18n();
  const { data: channels = [] } = useChannels();
  return [
    { title: t('notify.when'), key: 'at', render: (_, item) => fullTime(item.createdAt, locale) },
    {
      title: t('notify.channel'),
      key: 'channel',
      render: (_, { channelId, notifier }) => channels.find(({ id }) => id === channelId)?.name ?? notifier,
    },
    {
      title: t('notify.who'),
      key: 'who',
      render: (_, { username, to }) => [username, to !== username && to].filter(Boolean).join(' · '),
    },
    { title: t('notify.what'), dataIndex: 'title', key: 'title' },
    {
      title: t('notify.status'),
      key: 'status',
      render: (_, { status, reason }) => (
        <>
          <span className={status === 'delivered' ? 'chip chip-brand' : 'chip'}>{t(`notify.status.${status}`)}</span>{' '}
          <span className="muted">{reason}</span>
        </>
      ),
    },
    { title: t('notify.attempts'), dataIndex: 'attempts', key: 'attempts', align: 'right' },
  ];
}
