/** Notices on the public board: put up, with an end if wanted, and taken down. */
import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Form, Input, Popconfirm, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { type BoardNotice, useBoardNotices, useBoardWord } from '../api/notify.ts';
import { useCommunities } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';
import { FormDialog } from '../shared/form-dialog.tsx';
import { instantOf } from '../shared/local-instant.ts';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useMay } from '../shared/use-may.ts';
import { useNow } from '../shared/use-now.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: notices = [], error, isLoading } = useBoardNotices();
  const [adding, setAdding] = useState(false);
  const may = useMay();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('boardNotice.title')}</h1>
        <span className="muted">{t('boardNotice.lead')}</span>
        <span className="grow" />
        {may.writeBoard && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
            {t('boardNotice.add')}
          </Button>
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {!isLoading && !error && notices.length === 0 && <Empty description={t('boardNotice.none')} />}
      <ul className="manage-list">
        {notices.map((notice) => (
          <NoticeRow key={notice.id} notice={notice} />
        ))}
      </ul>
      {adding && <NoticeDialog onClose={() => setAdding(false)} />}
    </div>
  );
}

function NoticeRow({ notice }: { notice: BoardNotice }) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  const communityName = useCommunityName();
  const word = useBoardWord();
  const problem = useProblem();
  const may = useMay();
  const isOver = notice.untilAt !== null && notice.untilAt <= now;
  return (
    <li className={`panel manage-row${isOver ? ' is-off' : ''}`}>
      <div className="manage-main">
        <div className="manage-title">
          {notice.title}
          {isOver && <span className="chip">{t('boardNotice.ended')}</span>}
        </div>
        <div style={{ whiteSpace: 'pre-wrap' }}>{notice.body}</div>
        <div className="muted">
          {notice.communityId ? communityName(notice.communityId) : t('boardNotice.everywhere')} ·{' '}
          <span className="num">
            {fullTime(notice.fromAt, locale)}
            {notice.untilAt !== null && ` – ${fullTime(notice.untilAt, locale)}`}
          </span>{' '}
          · {t('window.by', { name: notice.createdBy })}
        </div>
      </div>
      <div className="manage-actions">
        {notice.communityId && (
          <Button href={`/board/${notice.communityId}`} target="_blank">
            {t('boardNotice.open')}
          </Button>
        )}
        {may.writeBoard && (
          <Popconfirm
            title={t('boardNotice.takeDown')}
            okText={t('boardNotice.takeDown')}
            cancelText={t('app.cancel')}
            onConfirm={() => word.mutate({ takeDown: notice.id }, { onError: problem })}
          >
            <Button danger loading={word.isPending}>
              {t('boardNotice.takeDown')}
            </Button>
          </Popconfirm>
        )}
      </div>
    </li>
  );
}

interface Fields {
  communityId?: string;
  title: string;
  body?: string;
  until?: string;
}

function NoticeDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const communities = useCommunities();
  const word = useBoardWord();
  const { role } = useMay();
  const isStreet = role === 'street' || role === 'admin';
  const required = { required: true, message: t('app.required') };
  const send = ({ communityId, title, body = '', until }: Fields) =>
    word.mutateAsync({
      put: { communityId: communityId ?? null, title, body, untilAt: until ? instantOf(until) : null },
    });
  return (
    <FormDialog<Fields> title={t('boardNotice.add')} okText={t('boardNotice.add')} send={send} onClose={onClose}>
      <Form.Item name="communityId" label={t('device.community')} rules={isStreet ? [] : [required]}>
        <Select
          allowClear={isStreet}
          placeholder={isStreet ? t('boardNotice.everywhere') : undefined}
          options={communities.map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Form.Item>
      <Form.Item name="title" label={t('boardNotice.name')} rules={[required]}>
        <Input maxLength={100} autoFocus />
      </Form.Item>
      <Form.Item name="body" label={t('boardNotice.body')}>
        <Input.TextArea autoSize={{ minRows: 3, maxRows: 10 }} maxLength={4_000} />
      </Form.Item>
      <Form.Item
        name="until"
        label={t('boardNotice.until')}
        rules={[
          {
            validator: async (_, until?: string) => {
              if (until && instantOf(until) <= Date.now()) throw new Error(t('window.past'));
            },
          },
        ]}
      >
        <Input type="datetime-local" />
      </Form.Item>
    </FormDialog>
  );
}
