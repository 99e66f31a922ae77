/**
 * The facts an alarm is made of: one statement each, with who, what, when and where it was said.
 * What they say together is derived in alarm-fold.ts; what may be said when stands in alarm.ts.
 */
import { z } from 'zod';
import { locationSchema } from './device.ts';
import { severitySchema } from './rule.ts';
import { idSchema, instantSchema, noteSchema, textSchema } from './text.ts';

export const evidenceSchema = z.strictObject({
  id: z.string().max(64),
  type: z.enum(['picture', 'clip', 'track', 'raw']),
  mime: z.string().max(100),
  at: instantSchema,
  bytes: z.number().int().nonnegative(),
  sha256: z.string().length(64),
});
export type Evidence = z.infer<typeof evidenceSchema>;

const valueSchema = z.union([z.number(), z.boolean(), z.string().max(500)]);

/** Who says it: a rule, a person, or the system itself (a timer, a policy, a topology). */
const authorSchema = z.strictObject({
  type: z.enum(['rule', 'person', 'system']),
  id: z.string().max(64),
});
export type Author = z.infer<typeof authorSchema>;

/** Where it was said. */
const originSchema = z.strictObject({
  type: z.enum(['gateway', 'hub']),
  id: z.string().max(64),
});

const condition = {
  /** 1 for the first raise of this alarm, +1 for each raise after a clear. */
  activation: z.number().int().positive(),
  /** Grows with every condition fact of this alarm. */
  step: z.number().int().nonnegative(),
};

const factBodySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('raised'),
    ...condition,
    communityId: idSchema,
    gatewayId: idSchema,
    deviceId: idSchema,
    kind: idSchema,
    rule: idSchema,
    severity: severitySchema,
    title: textSchema,
    response: textSchema.optional(),
    location: locationSchema,
    lifeSafety: z.boolean(),
    latch: z.boolean(),
    /** The reading or event that raised it. */
    cause: z.record(z.string(), valueSchema).optional(),
  }),
  /** The condition goes on. `count` is the total of occurrences so far. */
  z.strictObject({
    type: z.literal('updated'),
    ...condition,
    count: z.number().int().positive(),
    severity: severitySchema.optional(),
    cause: z.record(z.string(), valueSchema).optional(),
  }),
  z.strictObject({
    type: z.literal('cleared'),
    ...condition,
    reason: z.enum(['condition', 'quiet', 'event', 'rule-removed', 'device-removed']),
  }),
  /** A person says that a latched alarm may clear (the fire panel was reset). */
  z.strictObject({ type: z.literal('reset'), activation: z.number().int().positive() }),
  z.strictObject({
    type: z.literal('acknowledged'),
    activation: z.number().int().positive(),
    note: noteSchema.optional(),
  }),
  z.strictObject({ type: z.literal('shelved'), untilAt: instantSchema, reason: noteSchema }),
  /** A person's unshelve acknowledges the activation it names; an expired shelf un-acknowledges. */
  z.strictObject({
    type: z.literal('unshelved'),
    cause: z.enum(['person', 'expired']),
    activation: z.number().int().positive(),
  }),
  /** Muted by design: `by` names what mutes (a topology, a maintenance window, a fire test). */
  z.strictObject({
    type: z.literal('suppressed'),
    by: z.string().max(200),
    reason: noteSchema,
    untilAt: instantSchema.optional(),
  }),
  /** An expiry ends only a mute whose time is over, never a later one of the same origin. */
  z.strictObject({
    type: z.literal('unsuppressed'),
    by: z.string().max(200),
    cause: z.enum(['ended', 'expired']).optional(),
  }),
  z.strictObject({ type: z.literal('out-of-service'), untilAt: instantSchema, reason: noteSchema }),
  z.strictObject({ type: z.literal('in-service'), cause: z.enum(['person', 'expired']) }),
  z.strictObject({ type: z.literal('commented'), text: noteSchema }),
  z.strictObject({ type: z.literal('assigned'), username: z.string().max(64) }),
  z.strictObject({ type: z.literal('evidence'), evidence: evidenceSchema }),
  z.strictObject({ type: z.literal('ticket-linked'), ticketId: z.string().max(64) }),
  z.strictObject({ type: z.literal('incident-linked'), incidentId: z.string().max(64), firstOut: z.boolean() }),
  z.strictObject({
    type: z.literal('notified'),
    notifier: z.string().max(64),
    to: z.string().max(200),
    outcome: z.string().max(200),
  }),
  z.strictObject({ type: z.literal('escalated'), level: z.number().int().nonnegative(), to: z.string().max(200) }),
  z.strictObject({
    type: z.literal('verdict'),
    verdict: z.enum(['true', 'false', 'unsure']),
    label: z.string().max(64).optional(),
  }),
  z.strictObject({ type: z.literal('evidence-viewed'), evidenceId: z.string().max(64) }),
]);
export type FactBody = z.infer<typeof factBodySchema>;

export const alarmFactSchema = z.strictObject({
  /** Unique; the same fact sent twice has the same id and counts once. */
  id: z.string().min(1).max(100),
  alarmId: z.string().min(1).max(64),
  /** When it became true, epoch ms, by the clock of its origin. */
  at: instantSchema,
  /**
   * How far the clock of its origin was ahead of the hub's, ms, where that is known and worth correcting.
   * What was said stays as it was said; `hubTimeOf` is for comparing.
   */
  skewMs: z.number().int().optional(),
  origin: originSchema,
  author: authorSchema,
  /** Learned only after a newer fact of the same cycle: shown in history, changes nothing. */
  late: z.boolean().optional(),
  body: factBodySchema,
});
export type AlarmFact = z.infer<typeof alarmFactSchema>;

/** An instant that the fact names (when it was said, unless another is given) by the hub's clock: for comparing. */
export function hubTimeOf(fact: Pick<AlarmFact, 'at' | 'skewMs'>): number;
export function hubTimeOf(said: Pick<AlarmFact, 'skewMs'>, at: number): number;
export function hubTimeOf(said: { at?: number; skewMs?: number | undefined }, at = said.at ?? 0): number {
  return at - (said.skewMs ?? 0);
}

export type FactOf<T extends FactBody['type']> = AlarmFact & { body: Extract<FactBody, { type: T }> };
