/** When a calendar (`only: {from: '22:00', to: '06:00', weekdays: [1, 2]}`) is open, in local time. Pure. */

import type { Calendar } from '../../core/rule-pieces.ts';
import { localTime } from './local-time.ts';

const DAY_MS = 24 * 3_600_000;

/** A night that begins on a listed weekday counts as that day's until its end. */
export function inCalendar(at: number, calendar: Calendar): boolean {
  const { ofDayMs, weekday } = localTime(at, calendar.timeZone);
  const { fromMs, toMs } = calendar;
  const listed = (day: number) => !calendar.weekdays || calendar.weekdays.includes(day);
  if (fromMs === toMs) return listed(weekday);
  if (fromMs < toMs) return ofDayMs >= fromMs && ofDayMs < toMs && listed(weekday);
  if (ofDayMs >= fromMs) return listed(weekday);
  return ofDayMs < toMs && listed(weekday === 1 ? 7 : weekday - 1);
}

/** The next instant after `at` at which it opens or closes; undefined when it never does. */
export function nextChangeAt(at: number, calendar: Calendar): number | undefined {
  const open = inCalendar(at, calendar);
  const { ofDayMs } = localTime(at, calendar.timeZone);
  const midnight = at - ofDayMs;
  for (let day = 0; day <= 8; day += 1) {
    const edges = [0, calendar.fromMs, calendar.toMs].sort((a, b) => a - b);
    for (const edge of edges) {
      const candidate = midnight + day * DAY_MS + edge;
      if (candidate > at && inCalendar(candidate, calendar) !== open) return candidate;
    }
  }
  return undefined;
}
