/** Pushes a configuration to a gateway: only the keys that are filled in differ from the gateway's own file. */
import { Form, Input, InputNumber, Modal } from 'antd';
import type { GatewaySettings } from '../../../../core/gateway-settings.ts';
import { usePushSettings, useSettingsVersions } from '../api/gateways.ts';
import type { GatewayItem, PushedSettings, SettingsVersion } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';
import { FormDialog } from '../shared/form-dialog.tsx';

type Limits = NonNullable<NonNullable<GatewaySettings['devices']>['limits']>;

/** Every key that a gateway takes while it runs, in the order shown (docs/CONFIGURATION.md says what each means). */
const LIMITS: Record<keyof Limits, true> = {
  connectionsMax: true,
  connectionsPerDeviceMax: true,
  messagesPerSecondMax: true,
  messagesBurstMax: true,
  bytesPerSecondMax: true,
  subscriptionsMax: true,
  topicLevelsMax: true,
  unreadTimeoutMs: true,
  connectTimeoutMs: true,
  failedLoginsMax: true,
};
const OUTBOX: Record<keyof NonNullable<GatewaySettings['outbox']>, true> = {
  sizeMegabyteMax: true,
  diskFreeMegabyteMin: true,
  keepDays: true,
  lingerMs: true,
  windowBatches: true,
};
const DEAD_LETTERS: Record<keyof NonNullable<GatewaySettings['deadLetters']>, true> = { countMax: true };

const PATHS = [
  ...Object.keys(LIMITS).map((key) => ['devices', 'limits', key]),
  ...Object.keys(OUTBOX).map((key) => ['outbox', key]),
  ...Object.keys(DEAD_LETTERS).map((key) => ['deadLetters', key]),
];

interface Fields {
  settings: PushedSettings;
  note?: string;
}

export function SettingsDialog({ gateway, onClose }: { gateway: GatewayItem; onClose(): void }) {
  const { t, label } = useI18n();
  const { data: versions } = useSettingsVersions(gateway.id);
  const push = usePushSettings(gateway.id);
  const title = `${t('gateway.config.settings')} · ${gateway.name || gateway.id}`;
  if (!versions) return <Modal open loading title={title} onCancel={onClose} />;
  return (
    <FormDialog<Fields>
      title={title}
      okText={t('gateway.config.push')}
      initialValues={{ settings: versions[0]?.settings ?? {} }}
      send={({ settings, note }) => push.mutateAsync({ settings: filledIn(settings), ...(note ? { note } : {}) })}
      onClose={onClose}
    >
      <p className="muted">{t('gateway.config.hint')}</p>
      {PATHS.map((path) => (
        <Form.Item
          className="config-key"
          key={path.join('.')}
          name={['settings', ...path]}
          label={
            <span>
              {label('setting', path.join('.'))} <code>{path.join('.')}</code>
            </span>
          }
        >
          <InputNumber min={0} precision={0} placeholder="—" />
        </Form.Item>
      ))}
      <Form.Item name="note" label={`${t('gateway.config.note')} (${t('app.optional')})`}>
        <Input maxLength={200} />
      </Form.Item>
      <History versions={versions} />
    </FormDialog>
  );
}

/** Fields that were emptied are as in the gateway's file. */
function filledIn(settings: PushedSettings): PushedSettings {
  return JSON.parse(JSON.stringify(settings, (_, value) => value ?? undefined)) as PushedSettings;
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
