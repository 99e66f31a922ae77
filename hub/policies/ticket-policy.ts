/**
 * Which alarm becomes a work order, and when. Data: the first entry that matches decides. An alarm
 * that matches none, or one whose `ticket` is null, stays an alarm.
 */
import { z } from 'zod';
import type { Alarm } from '../../core/alarm.ts';
import type { Location } from '../../core/device.ts';
import { idSchema } from '../../core/text.ts';
import { ticketPrioritySchema } from '../../core/ticket.ts';
import { matchesAlarm, matchSchema } from './match.ts';

const delayMs = z
  .number()
  .int()
  .min(0)
  .max(7 * 24 * 3_600_000);

export const ticketPolicySchema = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        match: matchSchema,
        ticket: z
          .strictObject({
            category: idSchema,
            priority: ticketPrioritySchema,
            when: z.discriminatedUnion('type', [
              z.strictObject({ type: z.literal('at-once') }),
              /** Still active after this, whoever has seen it. */
              z.strictObject({ type: z.literal('active'), afterMs: delayMs }),
              /** Still active and nobody has acknowledged it. */
              z.strictObject({ type: z.literal('unacked'), afterMs: delayMs }),
              z.strictObject({ type: z.literal('acknowledged') }),
            ]),
            /** An open ticket of the same place and category, not older than this, answers the alarm too. */
            join: z.strictObject({
              withinMs: delayMs,
              place: z.enum(['device', 'room', 'floor', 'building']),
            }),
          })
          .nullable(),
      }),
    )
    .max(500),
});
export type TicketPolicy = z.infer<typeof ticketPolicySchema>;
export type TicketPlan = NonNullable<TicketPolicy['entries'][number]['ticket']>;

const MINUTE_MS = 60_000;
const AT_ONCE = { type: 'at-once' } as const;
const onFloor = { withinMs: 30 * MINUTE_MS, place: 'floor' } as const;
const onDevice = { withinMs: 12 * 60 * MINUTE_MS, place: 'device' } as const;

/** A danger is a job at once; a thing to repair waits until it has lasted; what comes and goes stays an alarm. */
export const TICKET_POLICY: TicketPolicy = {
  entries: [
    // A knock at a door is no work order.
    { match: { rules: ['care-*'] }, ticket: null },
    {
      match: { kinds: ['gas-detector'], lifeSafety: true },
      ticket: { category: 'gas', priority: 'urgent', when: AT_ONCE, join: onFloor },
    },
    {
      match: { kinds: ['access-gate'], rules: ['duress'] },
      ticket: { category: 'gate', priority: 'urgent', when: AT_ONCE, join: onDevice },
    },
    {
      match: { kinds: ['electrical-fire'] },
      ticket: { category: 'electrical', priority: 'high', when: AT_ONCE, join: onDevice },
    },
    { match: { lifeSafety: true }, ticket: { category: 'fire', priority: 'urgent', when: AT_ONCE, join: onFloor } },
    {
      match: { kinds: ['high-throw-camera'], rules: ['falling-object'] },
      ticket: {
        category: 'high-throw',
        priority: 'high',
        when: AT_ONCE,
        join: { withinMs: 10 * MINUTE_MS, place: 'building' },
      },
    },
    {
      match: { kinds: ['access-gate'], rules: ['forced-open', 'tamper'] },
      ticket: { category: 'gate', priority: 'high', when: AT_ONCE, join: onDevice },
    },
    {
      match: { kinds: ['water-pressure'], severities: ['critical', 'major'] },
      ticket: { category: 'fire', priority: 'high', when: { type: 'active', afterMs: MINUTE_MS }, join: onDevice },
    },
    {
      match: { kinds: ['smart-bin'], rules: ['full', 'tilted'] },
      ticket: {
        category: 'sanitation',
        priority: 'normal',
        when: { type: 'active', afterMs: MINUTE_MS },
        join: onDevice,
      },
    },
    {
      match: { kinds: ['fire-door'] },
      ticket: {
        category: 'fire',
        priority: 'normal',
        when: { type: 'unacked', afterMs: 10 * MINUTE_MS },
        join: onDevice,
      },
    },
    {
      match: { severities: ['critical', 'major'] },
      ticket: {
        category: 'device',
        priority: 'high',
        when: { type: 'unacked', afterMs: 5 * MINUTE_MS },
        join: onDevice,
      },
    },
    {
      match: { severities: ['minor'] },
      ticket: {
        category: 'device',
        priority: 'low',
        when: { type: 'active', afterMs: 60 * MINUTE_MS },
        join: onDevice,
      },
    },
  ],
};

/** What the policy plans for an alarm, or undefined: it stays an alarm. */
export function planTicket(policy: TicketPolicy, alarm: Alarm): TicketPlan | undefined {
  const entry = policy.entries.find(({ match }) => matchesAlarm(match, alarm));
  return entry?.ticket ?? undefined;
}

/**
 * When the plan is due by what is known of the alarm now: an instant, or undefined while its
 * condition does not hold. Asked again whenever the alarm changes and when the instant has come.
 */
export function ticketDueAt(plan: TicketPlan, alarm: Alarm, activeSinceAt: number): number | undefined {
  const { when } = plan;
  if (alarm.state === 'suppressed' || alarm.state === 'out-of-service' || alarm.state === 'shelved') return undefined;
  switch (when.type) {
    case 'at-once':
      return activeSinceAt;
    case 'acknowledged':
      return alarm.acknowledged ? activeSinceAt : undefined;
    case 'active':
      return alarm.condition === 'active' ? activeSinceAt + when.afterMs : undefined;
    case 'unacked':
      return alarm.condition === 'active' && !alarm.acknowledged ? activeSinceAt + when.afterMs : undefined;
  }
}

/** The place that two troubles share when one job answers both; undefined when the location does not say. */
export function placeKey(
  place: TicketPlan['join']['place'],
  deviceId: string | null,
  location: Location,
): string | undefined {
  const { building, unit, floor, room, zone, spot } = location;
  if (place === 'device') return deviceId === null ? undefined : `device ${deviceId}`;
  if (place !== 'building' && zone !== undefined) return `zone ${zone}`;
  if (building === undefined && spot !== undefined) return `spot ${spot}`;
  if (building === undefined) return deviceId === null ? undefined : `device ${deviceId}`;
  if (place === 'building') return `building ${building}`;
  if (floor === undefined) return deviceId === null ? undefined : `device ${deviceId}`;
  return `floor ${building} ${unit ?? ''} ${floor}${place === 'room' ? ` ${room ?? ''}` : ''}`;
}
