/** The audit log: who did or looked at what, newest first. */
import { Alert, Button, Input, Table } from 'antd';
import { useState } from 'react';
import { useAudit } from '../api/manage.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { flatPages } from '../live/apply.ts';
import { fullTime } from '../shared/age.ts';
import { useCommunityName } from '../shared/use-community-name.ts';
import { problemText } from '../shared/use-problem.ts';

export function Component() {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const communityName = useCommunityName();
  const [actorId, setActorId] = useState('');
  const query = useAudit(actorId === '' ? {} : { actorId });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('audit.title')}</h1>
        <span className="grow" />
        <Input.Search
          allowClear
          placeholder={t('audit.who')}
          aria-label={t('audit.who')}
          onSearch={(value) => setActorId(value.trim())}
          style={{ width: 220 }}
        />
      </div>
      {query.error && <Alert type="error" title={problemText(query.error, i18n)} />}
      <Table
        rowKey="id"
        size="small"
        loading={query.isLoading}
        pagination={false}
        dataSource={flatPages(query.data)}
        scroll={{ x: 'max-content' }}
        columns={[
          {
            title: t('audit.at'),
            key: 'at',
            render: (_, item) => <span className="num">{fullTime(item.at, locale)}</span>,
          },
          { title: t('audit.who'), key: 'who', render: (_, item) => item.actor.id },
          { title: t('audit.what'), dataIndex: 'action', key: 'what' },
          { title: t('audit.on'), key: 'on', render: (_, item) => `${item.target.type} ${item.target.id}` },
          {
            title: t('device.community'),
            key: 'community',
            render: (_, item) => (item.communityId ? communityName(item.communityId) : ''),
          },
        ]}
      />
      {query.hasNextPage && (
        <Button block loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('app.loadMore')}
        </Button>
      )}
    </div>
  );
}
