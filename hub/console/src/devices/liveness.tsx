/** Online, unavailable (neither normal nor alarm) or unknown, with when it was last heard. */
import { DisconnectOutlined, QuestionCircleOutlined, WifiOutlined } from '@ant-design/icons';
import type { DeviceItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';

export function Liveness({ device }: { device: DeviceItem }) {
  const i18n = useI18n();
  const now = useNow(15_000);
  const { liveness, lastSeenAt } = device;
  return (
    <span className={`liveness ${liveness}`}>
      {liveness === 'online' && <WifiOutlined />}
      {liveness === 'unavailable' && <DisconnectOutlined />}
      {liveness === 'unknown' && <QuestionCircleOutlined />}
      {i18n.t(`device.${liveness}`)}
      {liveness !== 'online' && (
        <small className="muted">
          {lastSeenAt === null
            ? i18n.t('device.never')
            : i18n.t('device.lastSeen', { age: spanTitle(now - lastSeenAt, i18n) })}
        </small>
      )}
    </span>
  );
}
