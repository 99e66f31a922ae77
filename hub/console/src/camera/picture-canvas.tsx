/** The camera's picture with what was drawn on it: the facade's corners and grid, areas, and the one that is being drawn. */
import type { MouseEvent } from 'react';
import { POINTS_MIN } from '../../../../core/camera-options.ts';
import { type FacadeMap, mapFacade } from '../../../../core/facade.ts';
import { useI18n } from '../i18n/i18n.tsx';
import type { AreaType, CameraDraft } from './camera-draft.ts';

export function PictureCanvas({
  url,
  draft,
  drawing,
  onPick,
}: {
  url: string;
  draft: CameraDraft;
  /** The type of the area that is being drawn; undefined while corners of the facade are clicked. */
  drawing: AreaType | undefined;
  onPick(x: number, y: number): void;
}) {
  const { t } = useI18n();
  const pick = (event: MouseEvent<HTMLButtonElement>) => {
    // A key press on the button carries no place.
    if (event.detail === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    onPick((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  const { points } = draft.calibration;
  const map = points.length < POINTS_MIN ? undefined : mapFacade(draft.calibration, { width: 1, height: 1 });
  return (
    <button type="button" className="picker" onClick={pick} aria-label={t(drawing ? 'area.pick' : 'calibrate.pick')}>
      <img src={url} alt={t('calibrate.picture')} draggable={false} />
      <svg className="picker-drawing" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {map && <path className="picker-grid" d={gridOf(map)} />}
        {draft.areas.map(({ type, polygon }, index) => (
          // Areas have no name of their own and keep their order.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <polygon key={index} className={`picker-area ${type}`} points={polygon.join(' ')} />
        ))}
        {drawing && draft.open.length > 0 && (
          <polyline className={`picker-area open ${drawing}`} points={draft.open.join(' ')} />
        )}
      </svg>
      {drawing
        ? draft.open.map(([x, y]) => <span key={`${x}-${y}`} className="picker-corner" style={at(x, y)} />)
        : points.map(({ x, y }, index) => (
            <span key={`${x}-${y}`} className="picker-point" style={at(x, y)}>
              {index + 1}
            </span>
          ))}
    </button>
  );
}

function at(x: number, y: number) {
  return { left: `${x * 100}%`, top: `${y * 100}%` };
}

/** The edges of all floors and columns, so that a wrong click or a wrong count is seen at once. */
function gridOf(map: FacadeMap): string {
  const { columns, columnWidthMetres, lowestFloor, highestFloor, floorHeightMetres } = map.calibration;
  const width = columns.length * columnWidthMetres;
  const floors = Math.max(1, highestFloor - lowestFloor + 1);
  const line = (from: { right: number; up: number }, to: { right: number; up: number }) => {
    const [a, b] = [map.toPixel(from), map.toPixel(to)];
    return `M${a.x} ${a.y}L${b.x} ${b.y}`;
  };
  const levels = Array.from({ length: floors + 1 }, (_, floor) => floor * floorHeightMetres);
  const edges = Array.from({ length: columns.length + 1 }, (_, column) => column * columnWidthMetres);
  return [
    ...levels.map((up) => line({ right: 0, up }, { right: width, up })),
    ...edges.map((right) => line({ right, up: 0 }, { right, up: floors * floorHeightMetres })),
  ].join('');
}
