/** The facade's own measures: names of its columns, its floors, and their size in metres. */
import { Form, Input, InputNumber } from 'antd';
import type { Calibration } from '../../../../core/facade.ts';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';

type NumberField = 'lowestFloor' | 'highestFloor' | 'floorHeightMetres' | 'columnWidthMetres';
const FIELDS: readonly { field: NumberField; title: MessageKey; min: number; max: number; step: number }[] = [
  { field: 'lowestFloor', title: 'calibrate.lowest', min: -10, max: 200, step: 1 },
  { field: 'highestFloor', title: 'calibrate.highest', min: -10, max: 200, step: 1 },
  { field: 'floorHeightMetres', title: 'calibrate.floorHeight', min: 2, max: 8, step: 0.1 },
  { field: 'columnWidthMetres', title: 'calibrate.columnWidth', min: 0.5, max: 30, step: 0.1 },
];

export function Facade({ draft, onChange }: { draft: Calibration; onChange(draft: Calibration): void }) {
  const { t } = useI18n();
  return (
    <Form layout="vertical">
      <Form.Item label={t('calibrate.columns')} htmlFor="calibrate-columns">
        <Input
          id="calibrate-columns"
          defaultValue={draft.columns.join(' ')}
          onChange={(event) => {
            const columns = event.target.value.split(/\s+/).filter((name) => name !== '');
            if (columns.length > 0) onChange({ ...draft, columns });
          }}
        />
      </Form.Item>
      <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '0 10px' }}>
        {FIELDS.map(({ field, title, ...range }) => (
          <Form.Item key={field} label={t(title)} htmlFor={`calibrate-${field}`}>
            <InputNumber
              id={`calibrate-${field}`}
              {...range}
              value={draft[field]}
              onChange={(value) => value !== null && onChange({ ...draft, [field]: value })}
              style={{ width: '100%' }}
            />
          </Form.Item>
        ))}
      </div>
    </Form>
  );
}
