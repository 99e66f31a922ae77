/** Adds or changes a channel; its configuration's fields are made of the notifier's own schema. */
import { Form, Input, InputNumber, Select, Switch } from 'antd';
import { useState } from 'react';
import type { JsonSchema } from '../api/json-schema.ts';
import {
  type ChannelFields,
  type ChannelItem,
  type NotifierItem,
  useNotifiers,
  useSaveChannel,
} from '../api/notify.ts';
import { useCommunities } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormDialog } from '../shared/form-dialog.tsx';

interface Props {
  /** Absent: a new one. */
  channel: ChannelItem | undefined;
  onClose(): void;
}

export function ChannelDialog({ channel, onClose }: Props) {
  const { t, text } = useI18n();
  const { data: notifiers = [] } = useNotifiers();
  const communities = useCommunities();
  const [notifierId, setNotifierId] = useState(channel?.notifier);
  const save = useSaveChannel();
  const notifier = notifiers.find(({ id }) => id === notifierId);
  const required = { required: true, message: t('app.required') };
  const send = (fields: ChannelFields) => {
    const config = notifier ? configOf(notifier, fields.config ?? {}) : {};
    const said = { ...fields, communityId: fields.communityId ?? null, config };
    return save.mutateAsync({ ...(channel ? { id: channel.id } : {}), fields: said });
  };
  return (
    <FormDialog<ChannelFields>
      width={600}
      title={channel ? `${t('rules.edit')}: ${channel.name}` : t('notify.addChannel')}
      okText={t('app.save')}
      initialValues={channel ? { ...channel, config: shownConfig(channel.config) } : { language: 'zh', enabled: true }}
      send={send}
      onClose={onClose}
    >
      <Form.Item name="notifier" label={t('notify.kind')} rules={[required]}>
        <Select
          disabled={channel !== undefined}
          onChange={setNotifierId}
          options={notifiers
            .filter(({ id }) => id !== 'console')
            .map(({ id, title }) => ({ value: id, label: text(title) }))}
        />
      </Form.Item>
      <div className="form-grid">
        <Form.Item name="name" label={t('notify.name')} rules={[required]}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="communityId" label={t('device.community')}>
          <Select
            allowClear
            placeholder={t('notify.street')}
            options={communities.map(({ id, name }) => ({ value: id, label: name }))}
          />
        </Form.Item>
        <Form.Item name="language" label={t('notify.language')}>
          <Select
            options={[
              { value: 'zh', label: '中文' },
              { value: 'en', label: 'English' },
            ]}
          />
        </Form.Item>
        <Form.Item name="enabled" label={t('notify.enabled')} valuePropName="checked">
          <Switch />
        </Form.Item>
      </div>
      {notifier && <ConfigFields notifier={notifier} />}
    </FormDialog>
  );
}

function ConfigFields({ notifier }: { notifier: NotifierItem }) {
  const { t } = useI18n();
  const { properties = {}, required = [] } = notifier.configSchema;
  return (
    <fieldset className="form-group">
      <legend>{notifier.id}</legend>
      {Object.entries(properties).map(([name, schema]) => {
        const isSecret = notifier.secrets.includes(name);
        return (
          <Form.Item
            key={name}
            name={['config', name]}
            label={name}
            initialValue={schema.default}
            extra={isSecret ? t('notify.secretStays') : undefined}
            {...(schema.type === 'boolean' ? { valuePropName: 'checked' } : {})}
            rules={required.includes(name) ? [{ required: true, message: t('app.required') }] : []}
          >
            <ConfigInput schema={schema} isSecret={isSecret} />
          </Form.Item>
        );
      })}
    </fieldset>
  );
}

/** Gets `value` and `onChange` from the form item around it. */
function ConfigInput({ schema, isSecret, ...field }: { schema: JsonSchema; isSecret: boolean }) {
  if (schema.type === 'boolean') return <Switch {...field} />;
  if (schema.type === 'integer' || schema.type === 'number')
    return <InputNumber {...field} style={{ width: '100%' }} />;
  if (schema.enum) return <Select {...field} options={schema.enum.map((value) => ({ value, label: String(value) }))} />;
  if (schema.type === 'array') return <Select {...field} mode="tags" open={false} suffixIcon={null} />;
  if (schema.type === 'object') return <Input.TextArea {...field} autoSize className="num" spellCheck={false} />;
  return isSecret ? <Input.Password {...field} autoComplete="off" /> : <Input {...field} maxLength={2_000} />;
}

/** What has parts of its own is edited as JSON. */
function shownConfig(config: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value,
    ]),
  );
}

/** Empty fields are left out: the hub's schemas are strict. JSON that cannot be read goes as it is, for the hub to name. */
function configOf(notifier: NotifierItem, fields: Record<string, unknown>): Record<string, unknown> {
  const { properties = {} } = notifier.configSchema;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (value === undefined || value === null || value === '') return [];
      return [[name, properties[name]?.type === 'object' && typeof value === 'string' ? json(value) : value]];
    }),
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
