/**
 * Hours that count: when an office works, when a duty is on. Pure, in epoch ms. A calendar lives in
 * one fixed offset from UTC, as China does; a day is a number of days since 1970-01-01 there.
 */
import { z } from 'zod';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Ten years: a calendar whose hours never come must not loop for ever. */
const DAYS_MAX = 3_660;

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time is HH:MM, at most 24:00');
const dateText = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a date is YYYY-MM-DD');

export const calendarSchema = z.strictObject({
  utcOffsetMinutes: z.number().int().min(-720).max(840).default(480),
  /** Hours of each weekday, Monday first. A span that crosses midnight is written as two. */
  weekly: z.array(z.array(z.strictObject({ from: clockTime, to: clockTime })).max(4)).length(7),
  /** Days off, whatever the weekday. */
  holidays: z.array(dateText).max(500).default([]),
  /** Days that work like a Monday, whatever the weekday (调休). */
  workdays: z.array(dateText).max(500).default([]),
});
export type Calendar = z.infer<typeof calendarSchema>;

/** How much of a span lies in the calendar's hours. */
export function spanWithin(calendar: Calendar, fromAt: number, toAt: number): number {
  let total = 0;
  for (const [start, end] of windowsFrom(calendar, fromAt)) {
    if (start >= toAt) break;
    total += Math.max(0, Math.min(end, toAt) - Math.max(start, fromAt));
  }
  return total;
}

/** The instant at which `spanMs` of the calendar's hours have passed. */
export function addWithin(calendar: Calendar, fromAt: number, spanMs: number): number {
  let left = spanMs;
  for (const [start, end] of windowsFrom(calendar, fromAt)) {
    const begin = Math.max(start, fromAt);
    if (end - begin >= left) return begin + left;
    left -= Math.max(0, end - begin);
  }
  return fromAt + DAYS_MAX * DAY_MS;
}

/** Whether an instant lies in the calendar's hours. */
export function isWithin(calendar: Calendar, at: number): boolean {
  return spanWithin(calendar, at, at + 1) > 0;
}

/** The start of the next hours, or the instant itself when it lies within. */
export function nextWithin(calendar: Calendar, at: number): number {
  return isWithin(calendar, at) ? at : addWithin(calendar, at, 1) - 1;
}

function* windowsFrom(calendar: Calendar, fromAt: number): Generator<[number, number]> {
  const { offsetMs, weekly, holidays, workdays } = compiled(calendar);
  const firstDay = Math.floor((fromAt + offsetMs) / DAY_MS);
  for (let day = firstDay; day < firstDay + DAYS_MAX; day += 1) {
    const midnight = day * DAY_MS - offsetMs;
    // Day 0 was a Thursday; Monday is 0 here.
    const weekday = workdays.has(day) ? 0 : (((day + 3) % 7) + 7) % 7;
    if (holidays.has(day) && !workdays.has(day)) continue;
    for (const [from, to] of weekly[weekday] ?? []) yield [midnight + from, midnight + to];
  }
}

interface Compiled {
  offsetMs: number;
  /** Spans in ms after midnight, Monday first. */
  weekly: [number, number][][];
  holidays: ReadonlySet<number>;
  workdays: ReadonlySet<number>;
}

/** Tens of thousands of clocks ask the same few calendars; their texts are read once. */
const known = new WeakMap<Calendar, Compiled>();

function compiled(calendar: Calendar): Compiled {
  const found = known.get(calendar);
  if (found) return found;
  const made: Compiled = {
    offsetMs: calendar.utcOffsetMinutes * MINUTE_MS,
    weekly: calendar.weekly.map((hours) =>
      hours
        .map(({ from, to }): [number, number] => [minutesOf(from) * MINUTE_MS, minutesOf(to) * MINUTE_MS])
        .sort((x, y) => x[0] - y[0]),
    ),
    holidays: new Set(calendar.holidays.map(dayOfDate)),
    workdays: new Set(calendar.workdays.map(dayOfDate)),
  };
  known.set(calendar, made);
  return made;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** Days since 1970-01-01 of a civil date (after H. Hinnant, "chrono-compatible low-level date algorithms"). */
export function dayOfDate(date: string): number {
  const month = Number(date.slice(5, 7));
  const year = Number(date.slice(0, 4)) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + Number(date.slice(8, 10)) - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const everyDay = (from: string, to: string) => Array.from({ length: 7 }, () => [{ from, to }]);

export const ALWAYS: Calendar = calendarSchema.parse({ weekly: everyDay('00:00', '24:00') });
/** Property desks work every day; the street's bulletins count their hours the same way. */
export const DAYTIME: Calendar = calendarSchema.parse({ weekly: everyDay('08:00', '20:00') });
