/** Pushes a configuration to a gateway: only the keys that are filled in differ from the gateway's own file. */
import { Form, Input, InputNumber, Modal, Skeleton } from 'antd';
import { usePushSettings, useSettingsVersions } from '../api/gateways.ts';
import type { GatewayItem, PushedSettings, SettingsVersion } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';
import { useProblem } from '../shared/use-problem.ts';

/** Keys of the gateway's YAML file that it takes while it runs (docs/CONFIGURATION.md says what each means). */
const KEYS = [
  'devices.limits.connectionsMax',
  'devices.limits.connectionsPerDeviceMax',
  'devices.limits.messagesPerSecondMax',
  'devices.limits.messagesBurstMax',
  'devices.limits.bytesPerSecondMax',
  'devices.limits.subscriptionsMax',
  'devices.limits.unreadTimeoutMs',
  'devices.limits.connectTimeoutMs',
  'devices.limits.failedLoginsMax',
  'outbox.sizeMegabyteMax',
  'outbox.diskFreeMegabyteMin',
  'outbox.keepDays',
  'outbox.lingerMs',
  'outbox.windowBatches',
  'deadLetters.countMax',
];

type Values = Record<string, number | null | undefined>;

export function SettingsDialog({ gateway, onClose }: { gateway: GatewayItem; onClose(): void }) {
  const { t } = useI18n();
  const { data: versions } = useSettingsVersions(gateway.id);
  const [form] = Form.useForm<{ note?: string; values: Values }>();
  const push = usePushSettings(gateway.id);
  const problem = useProblem();
  return (
    <Modal
      open
      title={`${t('gateway.config.settings')} · ${gateway.name || gateway.id}`}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('gateway.config.push')}
      cancelText={t('app.cancel')}
      confirmLoading={push.isPending}
    >
      <p className="muted">{t('gateway.config.hint')}</p>
      {versions === undefined ? (
        <Skeleton active />
      ) : (
        <Form
          form={form}
          layout="vertical"
          initialValues={{ values: flat(versions[0]?.settings ?? {}) }}
          onFinish={({ note, values }) =>
            push.mutate(
              { settings: nested(values), ...(note ? { note } : {}) },
              { onSuccess: onClose, onError: problem },
            )
          }
        >
          {KEYS.map((key) => (
            <div className="config-key" key={key}>
              <code>{key}</code>
              <Form.Item name={['values', key]} noStyle>
                <InputNumber min={0} precision={0} placeholder="—" aria-label={key} />
              </Form.Item>
            </div>
          ))}
          <Form.Item name="note" label={`${t('gateway.config.note')} (${t('app.optional')})`} style={{ marginTop: 12 }}>
            <Input maxLength={200} />
          </Form.Item>
          <History versions={versions} />
        </Form>
      )}
    </Modal>
  );
}

function History({ versions }: { versions: SettingsVersion[] }) {
  const { t, locale } = useI18n();
  return (
    <ul className="gap-list">
      {versions.slice(0, 5).map(({ version, createdAt, createdBy, note }) => (
        <li key={version} className="muted">
          <span>
            {t('gateway.config.version', { version })}
            {note ? ` · ${note}` : ''}
          </span>
          <span>
            {createdBy} · {fullTime(createdAt, locale)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** `{outbox: {keepDays: 3}}` → `{'outbox.keepDays': 3}`. */
function flat({ devices, outbox, deadLetters }: PushedSettings): Values {
  const groups = { 'devices.limits': devices?.limits, outbox, deadLetters };
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, keys]) =>
      Object.entries(keys ?? {}).map(([key, value]) => [`${group}.${key}`, value]),
    ),
  );
}

function nested(values: Values): PushedSettings {
  const of = (group: string) => {
    const keys = Object.entries(values).flatMap(([path, value]) =>
      path.startsWith(`${group}.`) && typeof value === 'number' ? [[path.slice(group.length + 1), value] as const] : [],
    );
    return keys.length > 0 ? (Object.fromEntries(keys) as Record<string, number>) : undefined;
  };
  const [limits, outbox, deadLetters] = [of('devices.limits'), of('outbox'), of('deadLetters')];
  return {
    ...(limits ? { devices: { limits } } : {}),
    ...(outbox ? { outbox } : {}),
    ...(deadLetters ? { deadLetters } : {}),
  };
}
