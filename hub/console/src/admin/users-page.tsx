/** Accounts: who may sign in, as what, for which communities. */
import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Form, Input, Modal, Select, Table, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { ROLES } from '../../../../core/role.ts';
import { useCommunities } from '../api/session.ts';
import type { Account } from '../api/types.ts';
import { type NewAccount, useAccounts, useAddAccount, useChangeAccount } from '../api/users.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useMay } from '../shared/use-may.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: accounts = [], error, isLoading } = useAccounts();
  const [adding, setAdding] = useState(false);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('users.title')}</h1>
        <span className="grow" />
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {t('users.add')}
        </Button>
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      <Table
        rowKey="username"
        size="middle"
        loading={isLoading}
        dataSource={accounts}
        columns={useColumns()}
        pagination={false}
        scroll={{ x: 'max-content' }}
      />
      {adding && <AddDialog onClose={() => setAdding(false)} />}
    </div>
  );
}

function useColumns(): TableColumnsType<Account> {
  const { t, list } = useI18n();
  const communityName = useCommunityName();
  const change = useChangeAccount();
  const problem = useProblem();
  const { username } = useMay();
  return [
    { title: t('login.username'), dataIndex: 'username', key: 'username' },
    { title: t('users.name'), dataIndex: 'displayName', key: 'displayName' },
    { title: t('users.role'), key: 'role', render: (_, account) => t(`role.${account.role}`) },
    {
      title: t('users.community'),
      key: 'communities',
      render: (_, account) =>
        account.role === 'admin' || account.role === 'street'
          ? t('users.allCommunities')
          : list(account.communityIds.map(communityName)),
    },
    {
      key: 'disable',
      render: (_, account) =>
        account.username !== username && (
          <Button
            size="small"
            danger={!account.disabled}
            onClick={() =>
              change.mutate({ username: account.username, disabled: !account.disabled }, { onError: problem })
            }
          >
            {account.disabled ? t('users.enable') : t('users.disable')}
          </Button>
        ),
    },
  ];
}

function AddDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const [form] = Form.useForm<NewAccount>();
  const add = useAddAccount();
  const problem = useProblem();
  const communities = useCommunities();
  const required = { required: true, message: t('app.required') };
  if (add.data?.password)
    return (
      <Modal open title={add.data.username} onCancel={onClose} onOk={onClose} cancelButtonProps={{ hidden: true }}>
        <Alert type="warning" showIcon title={t('users.passwordOnce')} style={{ marginBottom: 12 }} />
        <div className="secret">
          {t('users.password')}: {add.data.password}
        </div>
      </Modal>
    );
  return (
    <Modal
      open
      title={t('users.add')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('users.add')}
      cancelText={t('app.cancel')}
      confirmLoading={add.isPending}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={{ role: 'guard', communityIds: [] }}
        onFinish={(fields) => add.mutate(fields, { onError: problem })}
      >
        <Form.Item name="username" label={t('login.username')} rules={[required]}>
          <Input autoFocus maxLength={64} autoComplete="off" />
        </Form.Item>
        <Form.Item name="displayName" label={t('users.name')} rules={[required]}>
          <Input maxLength={60} autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={t('users.role')}>
          <Select options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} />
        </Form.Item>
        <Form.Item name="communityIds" label={t('users.community')}>
          <Select mode="multiple" options={communities.map(({ id, name }) => ({ value: id, label: name }))} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
