/** The community from above: buildings with their numbers, gates and bins as dots, the alarm as a pin. */
import { useI18n } from '../../i18n/i18n.tsx';
import type { Plan } from './plan.ts';

export function PlanPicture({
  plan,
  alarming,
  deviceId,
  building,
}: {
  plan: Plan;
  alarming: ReadonlySet<string>;
  deviceId: string;
  building: string | undefined;
}) {
  const { t } = useI18n();
  const { width, height } = plan;
  // Everything is drawn in metres: sizes follow the plan, so that text stays readable on a large estate.
  const unit = Math.max(width, height) / 100;
  return (
    <svg className="plan" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('alarm.plan')}>
      <rect className="plan-ground" width={width} height={height} rx={unit * 2} />
      {plan.buildings.map((block) => (
        <g key={block.name} className={blockClass(block, building, alarming)}>
          <rect x={block.x} y={block.y} width={block.width} height={block.height} rx={unit} />
          <text
            x={block.x + (block.name === building ? unit * 3.4 : block.width / 2)}
            y={block.y + block.height / 2 + unit * 1.7}
            fontSize={unit * 5}
          >
            {block.name}
          </text>
        </g>
      ))}
      {plan.dots.map((dot) => (
        <circle
          key={dot.id}
          className={alarming.has(dot.id) ? 'plan-dot alarming' : 'plan-dot'}
          cx={dot.x}
          cy={dot.y}
          r={dot.id === deviceId ? unit * 1.4 : unit}
        >
          <title>{dot.spot ?? dot.id}</title>
        </circle>
      ))}
      {plan.target && (
        <g transform={`translate(${plan.target.x} ${plan.target.y}) scale(${unit})`}>
          <circle className="plan-ring" r="5" />
          <path className="plan-pin" d="M0 0C-4-5-4.5-7-4.5-8.5a4.5 4.5 0 1 1 9 0C4.5-7 4-5 0 0z" />
          <circle className="plan-eye" cy="-8.5" r="1.7" />
        </g>
      )}
      <g transform={`translate(${width - unit * 6} ${unit * 4}) scale(${unit})`} className="plan-north">
        <path d="M0-2 1.5 2.5 0 1.5-1.5 2.5z" />
        <text y="6" fontSize="3.5">
          N
        </text>
      </g>
    </svg>
  );
}

function blockClass(
  block: Plan['buildings'][number],
  building: string | undefined,
  alarming: ReadonlySet<string>,
): string {
  if (block.name === building) return 'plan-block here';
  return block.deviceIds.some((id) => alarming.has(id)) ? 'plan-block alarming' : 'plan-block';
}
