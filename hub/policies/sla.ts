/**
 * What is promised for a work order, as data, and how the promise stands. Three clocks run at once:
 * respond (taken), arrive (started), solve (resolved). They are computed from the log when read;
 * a change of priority changes the target, never the time that has passed.
 */
import { z } from 'zod';
import { idSchema } from '../../core/text.ts';
import { isUnfinished, type Measure, type Ticket, ticketPrioritySchema } from '../../core/ticket.ts';
import { ALWAYS, addWithin, type Calendar, calendarSchema, DAYTIME, spanWithin } from './calendar.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const spanSchema = z
  .number()
  .int()
  .min(MINUTE_MS)
  .max(366 * 24 * HOUR_MS);

export const slaPolicySchema = z
  .strictObject({
    calendars: z.record(idSchema, calendarSchema),
    /** The first that matches counts; an absent condition matches everything. */
    targets: z
      .array(
        z.strictObject({
          communityIds: z.array(idSchema).optional(),
          categories: z.array(idSchema).optional(),
          priorities: z.array(ticketPrioritySchema).optional(),
          calendar: idSchema,
          respondMs: spanSchema,
          arriveMs: spanSchema,
          solveMs: spanSchema,
        }),
      )
      .min(1)
      .max(200),
    /** A resolved ticket that nobody disputes is closed after this. */
    closeAfterMs: spanSchema,
    /** How long after its end a resident may reopen a report. */
    reopenWithinMs: spanSchema,
  })
  .refine((policy) => policy.targets.every((target) => target.calendar in policy.calendars), {
    message: 'a target names a calendar that is not there',
  });
export type SlaPolicy = z.infer<typeof slaPolicySchema>;
type SlaTarget = SlaPolicy['targets'][number];

/** First check within 1 h, contact within 2 h, closed in 4 to 5 days: the targets of the street's 12345 bulletins. */
export const SLA_POLICY: SlaPolicy = {
  calendars: { always: ALWAYS, daytime: DAYTIME },
  targets: [
    {
      priorities: ['urgent'],
      calendar: 'always',
      respondMs: 5 * MINUTE_MS,
      arriveMs: 15 * MINUTE_MS,
      solveMs: 4 * HOUR_MS,
    },
    {
      priorities: ['high'],
      calendar: 'always',
      respondMs: 30 * MINUTE_MS,
      arriveMs: 2 * HOUR_MS,
      solveMs: 24 * HOUR_MS,
    },
    { priorities: ['low'], calendar: 'daytime', respondMs: 4 * HOUR_MS, arriveMs: 24 * HOUR_MS, solveMs: 84 * HOUR_MS },
    // 12 hours a day: 48 hours are four days.
    { calendar: 'daytime', respondMs: HOUR_MS, arriveMs: 4 * HOUR_MS, solveMs: 48 * HOUR_MS },
  ],
  closeAfterMs: 72 * HOUR_MS,
  reopenWithinMs: 30 * 24 * HOUR_MS,
};

type Promised = Pick<Ticket, 'communityId' | 'category' | 'priority'>;

function targetOf(policy: SlaPolicy, ticket: Promised): SlaTarget {
  const found = policy.targets.find(
    ({ communityIds, categories, priorities }) =>
      (communityIds?.includes(ticket.communityId) ?? true) &&
      (categories?.includes(ticket.category) ?? true) &&
      (priorities?.includes(ticket.priority) ?? true),
  );
  // The last target is the widest; a policy whose every target is narrow still promises something.
  return found ?? (policy.targets.at(-1) as SlaTarget);
}

function calendarOf(policy: SlaPolicy, ticket: Promised): Calendar {
  return policy.calendars[targetOf(policy, ticket).calendar] ?? ALWAYS;
}

/** The measure by which a ticket's log is folded. */
export function measureOf(policy: SlaPolicy, ticket: Promised): Measure {
  const calendar = calendarOf(policy, ticket);
  return (fromAt, toAt) => spanWithin(calendar, fromAt, toAt);
}

interface SlaClock {
  targetMs: number;
  /** What has counted so far, or until it was reached. */
  spentMs: number;
  /** When it will be missed, or was; null while paused and not yet missed, and once reached. */
  dueAt: number | null;
  state: 'running' | 'paused' | 'late' | 'met' | 'missed' | 'void';
}
export type Sla = Record<'respond' | 'arrive' | 'solve', SlaClock>;

export function slaOf(policy: SlaPolicy, ticket: Ticket, now: number): Sla {
  const target = targetOf(policy, ticket);
  const { respondMs, arriveMs, solveMs } = ticket.clocks;
  return {
    respond: clockOf(policy, ticket, { targetMs: target.respondMs, reachedMs: respondMs, now }),
    arrive: clockOf(policy, ticket, { targetMs: target.arriveMs, reachedMs: arriveMs, now }),
    solve: clockOf(policy, ticket, { targetMs: target.solveMs, reachedMs: solveMs, now }),
  };
}

function clockOf(
  policy: SlaPolicy,
  ticket: Ticket,
  { targetMs, reachedMs, now }: { targetMs: number; reachedMs: number | null; now: number },
): SlaClock {
  if (reachedMs !== null)
    return { targetMs, spentMs: reachedMs, dueAt: null, state: reachedMs <= targetMs ? 'met' : 'missed' };
  const { spentMs: before, runningSinceAt } = ticket.clocks;
  if (!isUnfinished(ticket.state)) return { targetMs, spentMs: before, dueAt: null, state: 'void' };
  if (runningSinceAt === null) {
    const late = before > targetMs;
    return { targetMs, spentMs: before, dueAt: late ? ticket.updatedAt : null, state: late ? 'late' : 'paused' };
  }
  const calendar = calendarOf(policy, ticket);
  const spentMs = before + spanWithin(calendar, runningSinceAt, now);
  const leftMs = targetMs - before;
  const dueAt = leftMs > 0 ? addWithin(calendar, runningSinceAt, leftMs) : runningSinceAt;
  return { targetMs, spentMs, dueAt, state: spentMs > targetMs ? 'late' : 'running' };
}

/** The next instant at which one of the open clocks is missed, or was; null when nothing is due. */
export function nextDueAt(sla: Sla): number | null {
  const due = Object.values(sla).flatMap((clock) => (clock.dueAt === null ? [] : [clock.dueAt]));
  return due.length === 0 ? null : Math.min(...due);
}
