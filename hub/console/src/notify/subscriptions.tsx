/** What a person wants to be told, where, and in which hours not; never held back for life safety. */
import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Checkbox, Empty, Form, Input, Popconfirm, Select, Skeleton, Switch } from 'antd';
import { useState } from 'react';
import { SEVERITIES, type Severity } from '../../../../core/rule.ts';
import {
  OCCASIONS,
  type SubscriptionItem,
  useChannels,
  useNotifiers,
  useSubscribe,
  useSubscriptions,
  type Wish,
} from '../api/notify.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormDialog } from '../shared/form-dialog.tsx';
import { useMay } from '../shared/use-may.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';
import { subscribeBrowser } from './push.ts';

export function Subscriptions() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: subscriptions = [], error, isLoading } = useSubscriptions();
  const [adding, setAdding] = useState(false);
  return (
    <>
      <div className="form-line">
        <span className="muted">{t('notify.quietHint')}</span>
        <span className="grow" />
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {t('notify.subscribe')}
        </Button>
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {!isLoading && !error && subscriptions.length === 0 && <Empty description={t('notify.noSubscription')} />}
      <ul className="manage-list">
        {subscriptions.map((subscription) => (
          <SubscriptionRow key={subscription.id} subscription={subscription} />
        ))}
      </ul>
      {adding && <SubscribeDialog onClose={() => setAdding(false)} />}
    </>
  );
}

function SubscriptionRow({
  subscription: { id, channelId, address, username, wish },
}: {
  subscription: SubscriptionItem;
}) {
  const { t, list } = useI18n();
  const { data: channels = [] } = useChannels();
  const word = useSubscribe();
  const problem = useProblem();
  const channel = channels.find((one) => one.id === channelId);
  return (
    <li className="panel manage-row">
      <div className="manage-main">
        <div className="manage-title">
          {channel?.name ?? channelId}
          <span className="muted">
            {username === null ? t('notify.ofChannel') : address?.startsWith('{') ? '' : address}
          </span>
        </div>
        <div>{list(wish.occasions.map((occasion) => t(`notify.occasion.${occasion}`)))}</div>
        <div className="muted">
          {list((wish.severities ?? []).map((severity) => t(`severity.${severity}`)))}
          {wish.quiet && ` ${t('notify.quiet')} ${wish.quiet.from}–${wish.quiet.to}`}
        </div>
      </div>
      <div className="manage-actions">
        <Popconfirm
          title={t('notify.remove')}
          okText={t('notify.remove')}
          cancelText={t('app.cancel')}
          onConfirm={() => word.mutate({ end: id }, { onError: problem })}
        >
          <Button danger loading={word.isPending}>
            {t('notify.remove')}
          </Button>
        </Popconfirm>
      </div>
    </li>
  );
}

interface Fields {
  channelId: string;
  address?: string;
  forChannel?: boolean;
  occasions: Wish['occasions'];
  severities?: Severity[];
  isQuiet?: boolean;
  from?: string;
  to?: string;
}

function SubscribeDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const word = useSubscribe();
  const send = (fields: Fields) => {
    const { channelId, address, forChannel = false, occasions, severities, isQuiet, from, to } = fields;
    const wish: Wish = {
      occasions,
      ...(severities && severities.length > 0 ? { severities } : {}),
      ...(isQuiet && from && to ? { quiet: { from, to } } : {}),
    };
    return word.mutateAsync({ add: { channelId, address: address || null, forChannel, wish } });
  };
  return (
    <FormDialog<Fields>
      title={t('notify.subscribe')}
      okText={t('notify.subscribe')}
      initialValues={{ occasions: ['called'], from: '22:00', to: '07:00' }}
      send={send}
      onClose={onClose}
    >
      <ReceiverFields />
      <WishFields />
    </FormDialog>
  );
}

/** Which channel, and where to: a browser gives its own address. */
function ReceiverFields() {
  const { t } = useI18n();
  const may = useMay();
  const form = Form.useFormInstance<Fields>();
  const { data: channels = [] } = useChannels();
  const { data: notifiers = [] } = useNotifiers();
  const channelId = Form.useWatch('channelId', form);
  const isForChannel = Form.useWatch('forChannel', form) === true;
  const channel = channels.find(({ id }) => id === channelId);
  const notifier = notifiers.find(({ id }) => id === channel?.notifier);
  const required = { required: true, message: t('app.required') };
  const problem = useProblem();
  return (
    <>
      <Form.Item name="channelId" label={t('notify.channel')} rules={[required]}>
        <Select options={channels.map(({ id, name }) => ({ value: id, label: name }))} autoFocus />
      </Form.Item>
      {may.administer && channel && (
        <Form.Item name="forChannel" label={t('notify.forChannel')} valuePropName="checked">
          <Switch />
        </Form.Item>
      )}
      {notifier?.personal && !isForChannel && (
        <Form.Item name="address" label={t('notify.address')} extra={t('notify.addressHint')} rules={[required]}>
          <Input maxLength={2_000} readOnly={notifier.id === 'web-push'} />
        </Form.Item>
      )}
      {notifier?.id === 'web-push' && (
        <Button
          style={{ marginBottom: 16 }}
          onClick={() =>
            subscribeBrowser(channel?.publicKey ?? String(channel?.config?.publicKey ?? ''), t('notify.pushNo'))
              .then((address) => form.setFieldValue('address', address))
              .catch(problem)
          }
        >
          {t('notify.pushHere')}
        </Button>
      )}
    </>
  );
}

function WishFields() {
  const { t } = useI18n();
  const form = Form.useFormInstance<Fields>();
  const isQuiet = Form.useWatch('isQuiet', form) === true;
  const required = { required: true, message: t('app.required') };
  return (
    <>
      <Form.Item name="occasions" label={t('notify.occasions')} rules={[required]}>
        <Checkbox.Group options={OCCASIONS.map((value) => ({ value, label: t(`notify.occasion.${value}`) }))} />
      </Form.Item>
      <Form.Item name="severities" label={t('notify.severities')}>
        <Select mode="multiple" options={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))} />
      </Form.Item>
      <Form.Item name="isQuiet" label={t('notify.quiet')} extra={t('notify.quietHint')} valuePropName="checked">
        <Switch />
      </Form.Item>
      {isQuiet && (
        <div className="form-grid">
          <Form.Item name="from" label={t('notify.from')} rules={[required]}>
            <Input type="time" />
          </Form.Item>
          <Form.Item name="to" label={t('notify.to')} rules={[required]}>
            <Input type="time" />
          </Form.Item>
        </div>
      )}
    </>
  );
}
