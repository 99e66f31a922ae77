/**
 * Severity by colour, shape and number: octagon 1, triangle 2, diamond 3, circle 4, so that it is
 * read without colour as well. State by drawing: flashing (not acknowledged), steady (acknowledged),
 * outlined (returned, not acknowledged).
 */
import type { AlarmState } from '../../../../core/alarm.ts';
import type { Severity } from '../../../../core/rule.ts';
import { useI18n } from '../i18n/i18n.tsx';

const SHAPES: Record<Severity, string> = {
  critical: 'M8.5 2h11L26 8.5v11L19.5 26h-11L2 19.5v-11z',
  major: 'M14 2 26.5 25H1.5z',
  minor: 'M14 1.5 26.5 14 14 26.5 1.5 14z',
  notice: 'M14 2.5a11.5 11.5 0 1 1 0 23a11.5 11.5 0 1 1 0-23z',
};
const NUMBERS: Record<Severity, number> = { critical: 1, major: 2, minor: 3, notice: 4 };

export function SeverityMark({
  severity,
  state,
  size = 28,
}: {
  severity: Severity;
  state?: AlarmState;
  size?: number;
}) {
  const { t } = useI18n();
  const label = state ? `${t(`severity.${severity}`)}, ${t(`state.${state}`)}` : t(`severity.${severity}`);
  return (
    <svg
      className={`mark tone-${severity} ${drawing(state)}`}
      width={size}
      height={size}
      viewBox="0 0 28 28"
      role="img"
      aria-label={label}
    >
      <path className="body" d={SHAPES[severity]} />
      <text className="glyph" x="14" y={severity === 'major' ? 22 : 18.5} textAnchor="middle">
        {NUMBERS[severity]}
      </text>
    </svg>
  );
}

function drawing(state: AlarmState | undefined): string {
  switch (state) {
    case 'unacked':
      return 'flashing';
    case 'returned':
      return 'outlined';
    case undefined:
    case 'acked':
      return '';
    default:
      return 'quiet';
  }
}
