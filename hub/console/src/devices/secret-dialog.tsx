/** A device's secret, shown this once: the hub keeps only its hash. */
import { CopyOutlined } from '@ant-design/icons';
import { Alert, App, Button, Modal } from 'antd';
import type { EnrolledDevice } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';

export function SecretDialog({ device, onClose }: { device: EnrolledDevice; onClose(): void }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const username = device.username ?? device.id;
  const topic = `linli/${device.communityId}/${device.kind}/${device.id}/`;
  const copy = async () => {
    await navigator.clipboard.writeText(`${username}\n${device.secret}\n${topic}`);
    void message.success(t('app.copied'));
  };
  return (
    <Modal
      open
      title={t('device.enrolled')}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={
        <>
          <Button icon={<CopyOutlined />} onClick={() => void copy()}>
            {t('app.copy')}
          </Button>
          <Button type="primary" onClick={onClose}>
            {t('app.close')}
          </Button>
        </>
      }
    >
      <Alert type="warning" showIcon title={t('device.secretOnce')} style={{ marginBottom: 12 }} />
      <div className="secret">
        {t('device.username')}: {username}
        <br />
        {t('device.secret')}: {device.secret}
        <br />
        {t('device.topic')}: {topic}
      </div>
    </Modal>
  );
}
