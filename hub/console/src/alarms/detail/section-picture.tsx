/** The building cut open: floors down the side, units across, the alarm's flat lit, other flats with open alarms marked. */
import { useI18n } from '../../i18n/i18n.tsx';
import { cellKey, type Section } from './plan.ts';

const CELL = { width: 30, height: 15, gap: 2 };
const LEFT = 30;
const TOP = 20;

export function SectionPicture({ section, alarming }: { section: Section; alarming: ReadonlySet<string> }) {
  const { t } = useI18n();
  const columns = placeColumns(section);
  const width = LEFT + (columns.at(-1)?.right ?? 0) + 6;
  const height = TOP + section.floors.length * (CELL.height + CELL.gap) + 6;
  return (
    <svg
      className="section"
      viewBox={`0 0 ${width} ${height}`}
      style={{ maxWidth: width * 1.35 }}
      role="img"
      aria-label={t('alarm.section', { building: section.building })}
    >
      {columns.map(
        (column) =>
          column.first && (
            <text key={column.unit} x={LEFT + column.left} y={13} className="section-unit">
              {column.unit === '' ? '' : `${column.unit} ${t('device.unit')}`}
            </text>
          ),
      )}
      {section.floors.map((floor, row) => (
        <Floor key={floor} floor={floor} y={TOP + row * (CELL.height + CELL.gap)} {...{ section, columns, alarming }} />
      ))}
    </svg>
  );
}

interface Column {
  unit: string;
  stack: string;
  left: number;
  right: number;
  first: boolean;
}

function placeColumns(section: Section): Column[] {
  let left = 0;
  return section.columns.map((column, index) => {
    const first = section.columns[index - 1]?.unit !== column.unit;
    if (first && index > 0) left += 10;
    const placed = { ...column, left, right: left + CELL.width, first };
    left += CELL.width + CELL.gap;
    return placed;
  });
}

function Floor({
  floor,
  y,
  section,
  columns,
  alarming,
}: {
  floor: number;
  y: number;
  section: Section;
  columns: readonly Column[];
  alarming: ReadonlySet<string>;
}) {
  const { target } = section;
  const here = floor === target.floor;
  return (
    <g>
      <text x={LEFT - 6} y={y + 11.5} className={here ? 'section-floor here' : 'section-floor'}>
        {floor}
      </text>
      {columns.map((column) => {
        const devices = section.cells.get(cellKey(floor, column.unit, column.stack)) ?? [];
        const lit = here && column.unit === (target.unit ?? column.unit) && column.stack === target.stack;
        const state = lit
          ? 'lit'
          : devices.some((id) => alarming.has(id))
            ? 'alarming'
            : devices.length > 0
              ? 'known'
              : '';
        return (
          <g key={`${column.unit}/${column.stack}`} className={`section-cell ${state}`}>
            <rect x={LEFT + column.left} y={y} width={CELL.width} height={CELL.height} rx="2" />
            <text x={LEFT + column.left + CELL.width / 2} y={y + 11}>
              {column.stack === '' ? '' : `${floor}${column.stack}`}
            </text>
          </g>
        );
      })}
    </g>
  );
}
