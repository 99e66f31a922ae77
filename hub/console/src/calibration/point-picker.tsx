/** The picture with the clicked corners on it. */
import type { MouseEvent } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { type Calibration, guessPoint, POINTS_MAX } from './calibration.ts';

export function PointPicker({
  url,
  draft,
  onChange,
}: {
  url: string;
  draft: Calibration;
  onChange(draft: Calibration): void;
}) {
  const { t } = useI18n();
  const add = (event: MouseEvent<HTMLButtonElement>) => {
    // A key press on the button carries no place.
    if (event.detail === 0 || draft.points.length >= POINTS_MAX) return;
    const box = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    onChange({ ...draft, points: [...draft.points, { x, y, ...guessPoint(draft) }] });
  };
  return (
    <button type="button" className="picker" onClick={add} aria-label={t('calibrate.lead')}>
      <img src={url} alt={t('calibrate.pick')} draggable={false} />
      {draft.points.map((point, index) => (
        <span
          key={`${point.x}-${point.y}`}
          className="picker-point"
          style={{ left: `${point.x * 100}%`, top: `${point.y * 100}%` }}
        >
          {index + 1}
        </span>
      ))}
    </button>
  );
}
