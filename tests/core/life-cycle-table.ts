/** The life cycle of alarms as the table that docs/ALARMS.md prints. */
import { ALARM_STATES, type AlarmState, LIFE_CYCLE, reachable, type Trigger } from '../../core/alarm.ts';

export function lifeCycleTable(): string {
  const head = ['what happens', 'by', ...ALARM_STATES];
  const rows = (Object.keys(LIFE_CYCLE) as Trigger[]).map((trigger) => {
    const moves = reachable(trigger);
    const by = LIFE_CYCLE[trigger].by.join(', ');
    return [trigger, by, ...ALARM_STATES.map((from) => cell(from, moves.get(from)))];
  });
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Nothing where it cannot happen; `·` where it leaves the state as it is. */
function cell(from: AlarmState, tos: ReadonlySet<AlarmState> | undefined): string {
  if (!tos) return '';
  return ALARM_STATES.filter((to) => tos.has(to))
    .map((to) => (to === from ? '·' : to))
    .join(', ');
}
