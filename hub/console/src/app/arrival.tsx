/** A new alarm announces itself on whichever page the guard is, also to screen readers. */

import { CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMatch, useNavigate } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { SeverityMark } from '../alarms/severity-mark.tsx';
import { useWatch } from '../alarms/watch.tsx';
import { useI18n } from '../i18n/i18n.tsx';

export function Arrival() {
  const { arrived, dismiss } = useWatch();
  const { t, text, language } = useI18n();
  const navigate = useNavigate();
  const shown = useMatch('/alarms/:id')?.params.id;
  return (
    <div aria-live="assertive" role="alert">
      {arrived && arrived.id !== shown && (
        <div className={`arrival tone-${arrived.severity}`}>
          <SeverityMark severity={arrived.severity} state="unacked" size={34} />
          <div style={{ flex: 1 }}>
            <strong>{locationTitle(arrived.location, language)}</strong>
            {t('alarm.new')}: {text(arrived.title)}
          </div>
          <Button
            type="primary"
            onClick={() => {
              dismiss();
              navigate(`/alarms/${arrived.id}`);
            }}
          >
            {t('alarm.view')}
          </Button>
          <Button type="text" icon={<CloseOutlined />} aria-label={t('app.close')} onClick={dismiss} />
        </div>
      )}
    </div>
  );
}
