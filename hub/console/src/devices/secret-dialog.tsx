/** A device's secret, shown this once: the hub keeps only its hash. */
import type { EnrolledDevice } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { ShownOnce } from '../shared/shown-once.tsx';

export function SecretDialog({ device, onClose }: { device: EnrolledDevice; onClose(): void }) {
  const { t } = useI18n();
  const username = device.username ?? device.id;
  const topic = `linli/${device.communityId}/${device.kind}/${device.id}/`;
  return (
    <ShownOnce
      title={t('device.enrolled')}
      warning={t('device.secretOnce')}
      text={`${username}\n${device.secret}\n${topic}`}
      onClose={onClose}
    >
      <div className="secret">
        {t('device.username')}: {username}
        <br />
        {t('device.secret')}: {device.secret}
        <br />
        {t('device.topic')}: {topic}
      </div>
    </ShownOnce>
  );
}
