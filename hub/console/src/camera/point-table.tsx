/** What each clicked corner is: its floor line and its column line. */
import { DeleteOutlined } from '@ant-design/icons';
import { Button, InputNumber } from 'antd';
import { CAMERA_RANGES } from '../../../../core/camera-options.ts';
import type { Calibration, FacadePoint } from '../../../../core/facade.ts';
import { useI18n } from '../i18n/i18n.tsx';

/** Holds the words of both languages and three digits. */
const INPUT_PX = 132;
const LINES = [
  { line: 'floor', title: 'calibrate.floor', range: CAMERA_RANGES.floorLine },
  { line: 'column', title: 'calibrate.column', range: CAMERA_RANGES.columnLine },
] as const;

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
          <strong style={{ whiteSpace: 'nowrap' }}>{t('calibrate.point', { n: index + 1 })}</strong>
          {LINES.map(({ line, title, range }) => (
            <InputNumber
              key={line}
              size="small"
              style={{ width: INPUT_PX }}
              aria-label={t(title)}
              prefix={t(title)}
              value={point[line]}
              {...range}
              onChange={(value) => value !== null && change(index, { [line]: value })}
            />
          ))}
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
