/** The facade's own measures: names of its columns, its floors, and their size in metres. */
import { Form, Input, InputNumber } from 'antd';
import { CAMERA_RANGES } from '../../../../core/camera-options.ts';
import type { Calibration } from '../../../../core/facade.ts';
import { useI18n } from '../i18n/i18n.tsx';

const FIELDS = [
  { field: 'lowestFloor', title: 'calibrate.lowest', step: 1 },
  { field: 'highestFloor', title: 'calibrate.highest', step: 1 },
  { field: 'floorHeightMetres', title: 'calibrate.floorHeight', step: 0.1 },
  { field: 'columnWidthMetres', title: 'calibrate.columnWidth', step: 0.1 },
] as const;

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
        {FIELDS.map(({ field, title, step }) => (
          <Form.Item key={field} label={t(title)} htmlFor={`calibrate-${field}`}>
            <InputNumber
              id={`calibrate-${field}`}
              {...CAMERA_RANGES[field]}
              step={step}
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
