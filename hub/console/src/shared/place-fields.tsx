/** Where something is, as fields of a form, and the location they add up to. */
import { Form, Input, InputNumber } from 'antd';
import type { Location } from '../../../../core/device.ts';
import { useI18n } from '../i18n/i18n.tsx';

export interface Place {
  building?: string;
  unit?: string;
  floor?: number | null;
  room?: string;
  spot?: string;
}

export function PlaceFields() {
  const { t } = useI18n();
  return (
    <>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(4, 1fr)', gap: 8 }}>
        <Form.Item name="building" label={t('device.building')}>
          <Input maxLength={20} />
        </Form.Item>
        <Form.Item name="unit" label={t('device.unit')}>
          <Input maxLength={20} />
        </Form.Item>
        <Form.Item name="floor" label={t('device.floor')}>
          <InputNumber min={-10} max={200} style={{ width: '100%' }} />
        </Form.Item>
        <Form.Item name="room" label={t('device.room')}>
          <Input maxLength={20} />
        </Form.Item>
      </div>
      <Form.Item name="spot" label={`${t('device.spot')} (${t('app.optional')})`}>
        <Input maxLength={60} />
      </Form.Item>
    </>
  );
}

/** Empty fields are left out: the hub's schema is strict. */
export function locationOf({ building, unit, floor, room, spot }: Place): Location {
  const given = Object.entries({ building, unit, floor, room, spot }).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return Object.fromEntries(given);
}
