/** Local time of day without Date: the zone's offset comes from Intl and is kept per quarter of an hour. */
import { ZONE } from '../../core/rule-pieces.ts';

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();
/** Key: zone; the newest quarter asked for and its offset. Offsets change on quarters of an hour. */
const offsets = new Map<string, { quarter: number; offsetMs: number }>();

/** Local minus UTC at this instant, in ms. */
function zoneOffsetMs(at: number, zone: string = ZONE): number {
  const quarter = Math.floor(at / QUARTER_MS);
  const known = offsets.get(zone);
  if (known?.quarter === quarter) return known.offsetMs;
  const offsetMs = computeOffsetMs(quarter * QUARTER_MS, zone);
  offsets.set(zone, { quarter, offsetMs });
  return offsetMs;
}

function computeOffsetMs(at: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name);
  if (!match?.[1]) return 0;
  const span = (Number(match[2]) * 60 + Number(match[3])) * 60_000;
  return match[1] === '-' ? -span : span;
}

export interface LocalTime {
  /** Milliseconds since local midnight. */
  ofDayMs: number;
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  weekday: number;
}

export function localTime(at: number, zone: string = ZONE): LocalTime {
  const local = at + zoneOffsetMs(at, zone);
  const day = Math.floor(local / DAY_MS);
  // 1970-01-01 was a Thursday.
  return { ofDayMs: local - day * DAY_MS, weekday: ((((day + 3) % 7) + 7) % 7) + 1 };
}

/**
 * An instant from epoch milliseconds or an ISO 8601 text; without a zone it is local. Undefined when
 * it is neither. (Date is not for domain code: its local zone is that of the machine.)
 */
export function parseInstant(text: string, zone: string = ZONE): number | undefined {
  if (/^\d{10,}$/.test(text)) return Number(text);
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Number((match[7] ?? '0').padEnd(3, '0'));
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return undefined;
  const utc = daysFromCivil(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
  const offset = match[8];
  if (offset === undefined) return utc - zoneOffsetMs(utc - zoneOffsetMs(utc, zone), zone);
  if (offset === 'Z') return utc;
  const span = (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))) * 60_000;
  return offset.startsWith('-') ? utc + span : utc - span;
}

/** Days since 1970-01-01 of a date in the Gregorian calendar (H. Hinnant's days_from_civil). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
