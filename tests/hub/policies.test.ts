import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOf } from '../../hub/people/escalation.ts';
import { isQuiet, type Wish } from '../../hub/people/receivers.ts';
import {
  ALWAYS,
  addWithin,
  type Calendar,
  calendarSchema,
  DAYTIME,
  dayOfDate,
  isWithin,
  nextWithin,
  spanWithin,
} from '../../hub/policies/calendar.ts';
import { ESCALATION_POLICY, escalationPolicySchema } from '../../hub/policies/escalation-policy.ts';
import { SLA_POLICY, slaPolicySchema } from '../../hub/policies/sla.ts';
import { placeKey, TICKET_POLICY, ticketPolicySchema } from '../../hub/policies/ticket-policy.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** An instant in China. */
const china = (text: string) => Date.parse(`${text}+08:00`);

const office: Calendar = calendarSchema.parse({
  weekly: [
    ...Array.from({ length: 5 }, () => [
      { from: '08:30', to: '12:00' },
      { from: '14:00', to: '17:30' },
    ]),
    [],
    [],
  ],
  holidays: ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
  workdays: ['2026-09-27', '2026-10-10'],
});

describe('a calendar', () => {
  it('counts only its hours, over lunch, night, weekend, holiday and a worked Saturday', () => {
    expect(spanWithin(office, china('2026-09-14T11:00'), china('2026-09-14T15:00'))).toBe(2 * HOUR);
    expect(spanWithin(office, china('2026-09-18T17:00'), china('2026-09-21T09:00'))).toBe(HOUR);
    expect(spanWithin(office, china('2026-09-30T17:00'), china('2026-10-08T09:30'))).toBe(1.5 * HOUR);
    expect(spanWithin(office, china('2026-10-10T00:00'), china('2026-10-11T00:00'))).toBe(7 * HOUR);
    expect(spanWithin(ALWAYS, 5, 7 * DAY + 5)).toBe(7 * DAY);
  });

  it('adds back what it counts, from any instant', () => {
    const instants = fc.integer({ min: china('2026-01-01T00:00'), max: china('2027-12-31T00:00') });
    const spans = fc.integer({ min: 1, max: 200 * HOUR });
    fc.assert(
      fc.property(instants, spans, fc.constantFrom(office, DAYTIME, ALWAYS), (fromAt, spanMs, calendar) => {
        const endAt = addWithin(calendar, fromAt, spanMs);
        expect(spanWithin(calendar, fromAt, endAt)).toBe(spanMs);
        expect(spanWithin(calendar, fromAt, endAt - 1)).toBe(spanMs - 1);
      }),
      { numRuns: 200 },
    );
  });

  it('is additive: a span cut in two counts the same', () => {
    const instants = fc.integer({ min: china('2026-09-01T00:00'), max: china('2026-11-01T00:00') });
    fc.assert(
      fc.property(fc.tuple(instants, instants, instants), (three) => {
        const [a = 0, b = 0, c = 0] = three.toSorted((x, y) => x - y);
        expect(spanWithin(office, a, b) + spanWithin(office, b, c)).toBe(spanWithin(office, a, c));
      }),
      { numRuns: 200 },
    );
  });

  it('knows whether it is on, and when next', () => {
    expect(isWithin(office, china('2026-09-14T12:00'))).toBe(false);
    expect(isWithin(office, china('2026-09-14T11:59'))).toBe(true);
    expect(nextWithin(office, china('2026-09-19T10:00'))).toBe(china('2026-09-21T08:30'));
    expect(dayOfDate('1970-01-01')).toBe(0);
    expect(dayOfDate('2026-02-28')).toBe(Date.UTC(2026, 1, 28) / DAY);
  });

  it('whose hours never come ends instead of looping', () => {
    const never = calendarSchema.parse({ weekly: Array.from({ length: 7 }, () => []) });
    expect(addWithin(never, 0, HOUR)).toBe(3_660 * DAY);
    expect(spanWithin(never, 0, DAY)).toBe(0);
  });
});

describe('the policies that come along', () => {
  it('pass their own schemas', () => {
    expect(slaPolicySchema.parse(SLA_POLICY)).toEqual(SLA_POLICY);
    expect(ticketPolicySchema.parse(TICKET_POLICY)).toEqual(TICKET_POLICY);
    expect(escalationPolicySchema.parse(ESCALATION_POLICY)).toEqual(ESCALATION_POLICY);
  });

  it('refuse steps out of order and calendars that are not there', () => {
    const [chain] = ESCALATION_POLICY.chains;
    const steps = [...(chain?.steps ?? [])].reverse();
    expect(escalationPolicySchema.safeParse({ calendars: {}, chains: [{ match: {}, steps }] }).success).toBe(false);
    const target = { ...SLA_POLICY.targets[0], calendar: 'nowhere' };
    expect(slaPolicySchema.safeParse({ ...SLA_POLICY, targets: [target] }).success).toBe(false);
  });
});

describe('the place of a trouble', () => {
  it('is the zone, else the floor, else the device', () => {
    const room = { building: '3', unit: '2', floor: 5, room: '502' };
    expect(placeKey('floor', 'd1', room)).toBe(placeKey('floor', 'd2', { ...room, room: '501' }));
    expect(placeKey('room', 'd1', room)).not.toBe(placeKey('room', 'd2', { ...room, room: '501' }));
    expect(placeKey('floor', 'd1', { ...room, zone: 'z' })).toBe(placeKey('floor', 'd2', { zone: 'z' }));
    expect(placeKey('building', 'd1', room)).toBe('building 3');
    expect(placeKey('floor', 'd1', {})).toBe('device d1');
    expect(placeKey('floor', null, { spot: '北门' })).toBe('spot 北门');
    expect(placeKey('floor', null, {})).toBeUndefined();
  });
});

describe('what follows a step of a chain', () => {
  const to = [{ type: 'role' as const, role: 'guard' as const }];
  const title = { zh: '', en: '' };
  const chain = {
    match: {},
    steps: [
      { title, afterMs: 0, to, repeatEveryMs: 60_000 },
      { title, afterMs: 150_000, to, repeatEveryMs: 60_000 },
    ],
  };
  const at = (progress: { step: number; round: number }, dueAt: number, now = dueAt) =>
    nextOf(chain, { startedAt: 0, ...progress }, dueAt, now);

  it('is the next step as soon as it is not later than the next reminder', () => {
    expect(at({ step: 0, round: 1 }, 60_000)).toMatchObject({ at: 120_000, progress: { step: 0, round: 2 } });
    expect(at({ step: 0, round: 2 }, 120_000)).toMatchObject({ at: 150_000, progress: { step: 1, round: 0 } });
  });

  it('becomes rarer on the last step, and does not pour after an outage', () => {
    expect(at({ step: 1, round: 10 }, 1_000_000)).toMatchObject({ at: 1_000_000 + 120_000 });
    expect(at({ step: 1, round: 1_000 }, 1_000_000)).toMatchObject({ at: 1_000_000 + HOUR });
    expect(at({ step: 1, round: 3 }, 1_000_000, 9_000_000)).toMatchObject({ at: 9_060_000 });
  });
});

describe('quiet hours', () => {
  const wish = (from: string, to: string): Wish => ({
    occasions: ['alarm'],
    quiet: { from, to, utcOffsetMinutes: 480 },
  });
  const quietAt = (time: string, from: string, to: string, lifeSafety = false) =>
    isQuiet(wish(from, to), { lifeSafety, at: china(`2026-09-14T${time}`) });

  it('run over midnight, end on the minute, and never hold back life safety', () => {
    expect(quietAt('23:00', '22:00', '07:00')).toBe(true);
    expect(quietAt('06:59', '22:00', '07:00')).toBe(true);
    expect(quietAt('07:00', '22:00', '07:00')).toBe(false);
    expect(quietAt('13:00', '12:00', '14:00')).toBe(true);
    expect(quietAt('23:00', '22:00', '07:00', true)).toBe(false);
  });
});
