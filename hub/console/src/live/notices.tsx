/**
 * Shows what the hub says to this person: a reminder, an escalation, a work order, a test. A first call
 * of an alarm is heard and seen on the alarm page already and is not told twice.
 */
import { App } from 'antd';
import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { useI18n } from '../i18n/i18n.tsx';
import { type LiveNotice, useLive } from './live.tsx';

const SHOWN_SECONDS = 12;
/** After a storm of them a person reads the newest few. */
const SHOWN_MAX = 3;

export function Notices() {
  const { onNotices } = useLive();
  const { notification } = App.useApp();
  const { t } = useI18n();
  const navigate = useNavigate();
  useEffect(
    () =>
      onNotices((notices) => {
        for (const notice of notices.filter(({ type }) => type !== 'alarm' && type !== 'ended').slice(-SHOWN_MAX)) {
          const to = addressOf(notice);
          notification.open({
            key: notice.id,
            type: notice.severity === 'critical' ? 'error' : notice.severity === 'major' ? 'warning' : 'info',
            title: notice.title || t('notify.live'),
            description: notice.text,
            duration: SHOWN_SECONDS,
            onClick: () => {
              notification.destroy(notice.id);
              if (to) navigate(to);
            },
          });
        }
      }),
    [onNotices, notification, navigate, t],
  );
  return null;
}

function addressOf({ alarmId, ticketId }: LiveNotice): string | undefined {
  if (alarmId) return `/alarms/${alarmId}`;
  return ticketId ? `/tickets/${ticketId}` : undefined;
}
