/** What each clicked corner is: its floor line and its column line. */
import { DeleteOutlined } from '@ant-design/icons';
import { Button, InputNumber } from 'antd';
import type { Calibration, FacadePoint } from '../../../../core/facade.ts';
import { useI18n } from '../i18n/i18n.tsx';

/** Holds the words of both languages and three digits. */
const INPUT_PX = 132;

export function PointTable({ draft, onChange }: { draft: Calibration; onChange(draft: Calibration): void }) {
  const { t } = useI18n();
  const change = (index: number, part: Partial<FacadePoint>) =>
    onChange({
      ...draft,
      points: draft.points.map((point, other) => (other === index ? { ...point, ...part } : point)),
    });
  return (
    <ul className="gap-list" style={{ maxHeight: 'none' }}>
      {draft.points.map((point, index) => (
        <li key={`${point.x}-${point.y}`} style={{ alignItems: 'center' }}>
          <strong>{t('calibrate.point', { n: index + 1 })}</strong>
          <InputNumber
            size="small"
            style={{ width: INPUT_PX }}
            aria-label={t('calibrate.floor')}
            prefix={t('calibrate.floor')}
            value={point.floor}
            min={-10}
            max={201}
            onChange={(floor) => floor !== null && change(index, { floor })}
          />
          <InputNumber
            size="small"
            style={{ width: INPUT_PX }}
            aria-label={t('calibrate.column')}
            prefix={t('calibrate.column')}
            value={point.column}
            min={0}
            max={200}
            onChange={(column) => column !== null && change(index, { column })}
          />
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={`${t('device.remove')} ${index + 1}`}
            onClick={() => onChange({ ...draft, points: draft.points.filter((_, other) => other !== index) })}
          />
        </li>
      ))}
    </ul>
  );
}
