/**
 * A flood is more than a person can take in: it begins when ten alarms were shown within ten
 * minutes and ends when the rate is below five again (ISA-18.2, one operator; the guard of the
 * community). While it lasts, new minor alarms and notices that are no life safety are folded away,
 * for half an hour at most; critical, major and life safety stay on top. Pure.
 */
import type { Alarm } from '../../core/alarm.ts';

const FLOOD_WINDOW_MS = 10 * 60_000;
const BEGINS_AT = 10;
const ENDS_BELOW = 5;
export const FOLDED_MS_MAX = 30 * 60_000;

export interface Flood {
  /** Raises shown to the guard within the window, the oldest first; no more than are needed to tell. */
  times: number[];
  since?: number;
}

export function countShown(flood: Flood, at: number): Flood {
  return settle({ ...flood, times: [...flood.times, at] }, at);
}

/** The flood as it is at this instant: old raises leave the window, and with them the flood. */
export function settle(flood: Flood, at: number): Flood {
  const times = flood.times.filter((time) => time > at - FLOOD_WINDOW_MS).slice(-10 * BEGINS_AT);
  const goesOn = flood.since !== undefined && times.length >= ENDS_BELOW;
  if (goesOn) return { times, since: flood.since as number };
  if (times.length >= BEGINS_AT) return { times, since: at };
  return { times };
}

/** When the flood ends if nothing more comes; undefined when there is none. */
export function endsAt(flood: Flood): number | undefined {
  if (flood.since === undefined) return undefined;
  const decisive = flood.times.at(-ENDS_BELOW);
  return decisive === undefined ? undefined : decisive + FLOOD_WINDOW_MS;
}

export function isFoldable(alarm: Alarm): boolean {
  return !alarm.lifeSafety && (alarm.severity === 'minor' || alarm.severity === 'notice');
}
