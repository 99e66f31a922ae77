/** Local time of day without Date: the zone's offset comes from Intl and is kept per quarter of an hour. */
export const ZONE = 'Asia/Shanghai';

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();
/** Key: zone; the newest quarter asked for and its offset. Offsets change on quarters of an hour. */
const offsets = new Map<string, { quarter: number; offsetMs: number }>();

/** Local minus UTC at this instant, in ms. */
export function zoneOffsetMs(at: number, zone: string = ZONE): number {
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
