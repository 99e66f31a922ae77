/** Where something is, as fields of a form, and the location they add up to. */
import { Form, Input, InputNumber } from 'antd';
import type { Location } from '../../../../core/device.ts';
import { useI18n } from '../i18n/i18n.tsx';

/** Its fields, and how many characters each takes; a floor is a number. */
const CHARACTERS_MAX = { building: 20, unit: 20, floor: 0, room: 20, zone: 60, spot: 60 } as const;
type Part = keyof typeof CHARACTERS_MAX;
const PARTS = Object.keys(CHARACTERS_MAX) as Part[];
/** Where a device stands, or trouble was seen. */
const OF_THINGS: readonly Part[] = ['building', 'unit', 'floor', 'room', 'spot'];

export type Place = { [Name in Exclude<Part, 'floor'>]?: string } & { floor?: number | null };

export function PlaceFields({ parts = OF_THINGS }: { parts?: readonly Part[] }) {
  const { t } = useI18n();
  return (
    <div className="form-grid form-grid-narrow">
      {parts.map((part) => (
        <Form.Item
          key={part}
          name={part}
          label={part === 'spot' ? `${t('device.spot')} (${t('app.optional')})` : t(`device.${part}`)}
          {...(part === 'spot' && { className: 'form-wide' })}
        >
          {part === 'floor' ? (
            <InputNumber min={-10} max={200} style={{ width: '100%' }} />
          ) : (
            <Input maxLength={CHARACTERS_MAX[part]} />
          )}
        </Form.Item>
      ))}
    </div>
  );
}

/** Empty fields are left out: the hub's schema is strict. */
export function locationOf(place: Place): Location {
  const given = PARTS.map((part) => [part, place[part]] as const).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return Object.fromEntries(given);
}
