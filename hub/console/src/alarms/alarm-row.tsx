/** One alarm in the list: where and what first, then how long, who, and the one action that matters. */

import { AudioMutedOutlined, FileTextOutlined, PictureOutlined, UserOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { memo } from 'react';
import { Link } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import type { AlarmItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Since } from '../shared/since.tsx';
import { needsAck } from './order.ts';
import { SeverityMark } from './severity-mark.tsx';

export interface RowProps {
  alarm: AlarmItem;
  communityName: string;
  selected: boolean;
  silenced: boolean;
  member: boolean;
  mayAck: boolean;
  onOpen(alarm: AlarmItem): void;
  onAck(alarm: AlarmItem): void;
}

export const AlarmRow = memo(function AlarmRow(props: RowProps) {
  const { alarm, selected, member, mayAck, onOpen, onAck } = props;
  const { t, text, language } = useI18n();
  return (
    // The row's link serves keyboard and screen readers; the click on the whole row is a convenience on top.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link inside has the keyboard.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above.
    <div
      className={`row tone-${alarm.severity} state-${alarm.state}${selected ? ' selected' : ''}${member ? ' member' : ''}`}
      data-alarm={alarm.id}
      onClick={() => onOpen(alarm)}
    >
      <SeverityMark severity={alarm.severity} state={alarm.state} />
      <div className="row-main">
        <div className="row-title">
          <span className="row-place">{locationTitle(alarm.location, language)}</span>
          <Link to={`/alarms/${alarm.id}`} onClick={(event) => event.stopPropagation()}>
            {text(alarm.title)}
          </Link>
          {alarm.lifeSafety && <span className="chip chip-safety">{t('alarm.lifeSafety')}</span>}
          {alarm.firstOut && <span className="chip chip-brand">{t('alarm.firstOut')}</span>}
        </div>
        <RowMeta {...props} />
      </div>
      <div className="row-state">
        <strong>{t(`state.${alarm.state}`)}</strong>
        <Since at={alarm.lastAt} skewMs={alarm.skewMs} />
      </div>
      <div className="row-actions">
        {needsAck(alarm) && mayAck && (
          <Button
            type={
              alarm.state === 'unacked' && (alarm.lifeSafety || alarm.severity === 'critical') ? 'primary' : 'default'
            }
            onClick={(event) => {
              event.stopPropagation();
              onAck(alarm);
            }}
          >
            {t('alarm.ack')}
          </Button>
        )}
      </div>
    </div>
  );
});

function RowMeta({ alarm, communityName, silenced }: RowProps) {
  const { t, label } = useI18n();
  return (
    <div className="row-meta">
      <span>{t(`severity.${alarm.severity}`)}</span>
      <span>{communityName}</span>
      <span>{label('kind', alarm.kind)}</span>
      {alarm.count > 1 && <span className="num">{t('alarm.count', { n: alarm.count })}</span>}
      {alarm.latched && <span>{t('alarm.latched')}</span>}
      {silenced && alarm.state === 'unacked' && (
        <span>
          <AudioMutedOutlined /> {t('alarm.silenced')}
        </span>
      )}
      {alarm.evidence.length > 0 && (
        <span>
          <PictureOutlined /> {t('alarm.evidence')}
        </span>
      )}
      {alarm.ticketId && (
        <span>
          <FileTextOutlined /> {t('alarm.ticket')}
        </span>
      )}
      {(alarm.assignedTo ?? alarm.ackedBy) && (
        <span>
          <UserOutlined /> {alarm.assignedTo ?? alarm.ackedBy}
        </span>
      )}
    </div>
  );
}
