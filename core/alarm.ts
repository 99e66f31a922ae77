/**
 * An alarm is a set of facts. Condition (active, cleared) is a fact of the edge; acknowledgement,
 * shelving and the rest are facts of people; the state is derived from the set by `foldAlarm`, the
 * same pure function on edge and hub. The fold is order-independent and idempotent, so both sides
 * agree after any partition without talking about it.
 *
 * How order-independence is reached:
 * - condition facts carry the edge's own (activation, step), never compared by wall time;
 * - an acknowledgement names the activation it saw, so it never covers a later one;
 * - what people set and unset is the last word by (at, id);
 * - a fact marked late is history only.
 * States and transitions after ANSI/ISA-18.2 and IEC 62682.
 */
import { z } from 'zod';
import { locationSchema } from './device.ts';
import { LIMITS } from './limits.ts';
import { severitySchema } from './rule.ts';
import { idSchema, instantSchema, noteSchema, textSchema } from './text.ts';

export const ALARM_STATES = [
  'unacked',
  'acked',
  'returned',
  'normal',
  'shelved',
  'suppressed',
  'out-of-service',
] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

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
export const authorSchema = z.strictObject({
  type: z.enum(['rule', 'person', 'system']),
  id: z.string().max(64),
});
export type Author = z.infer<typeof authorSchema>;

/** Where it was said. */
export const originSchema = z.strictObject({
  type: z.enum(['gateway', 'hub']),
  id: z.string().max(64),
});
export type Origin = z.infer<typeof originSchema>;

const condition = {
  /** 1 for the first raise of this alarm, +1 for each raise after a clear. */
  activation: z.number().int().positive(),
  /** Grows with every condition fact of this alarm. */
  step: z.number().int().nonnegative(),
};

export const factBodySchema = z.discriminatedUnion('type', [
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
  z.strictObject({ type: z.literal('unsuppressed'), by: z.string().max(200) }),
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
  origin: originSchema,
  author: authorSchema,
  /** Learned only after a newer fact of the same cycle: shown in history, changes nothing. */
  late: z.boolean().optional(),
  body: factBodySchema,
});
export type AlarmFact = z.infer<typeof alarmFactSchema>;

/** What the facts say together. Everything here is derived; nothing is stored that facts do not hold. */
export interface Alarm {
  id: string;
  communityId: string;
  gatewayId: string;
  deviceId: string;
  kind: string;
  rule: string;
  severity: z.infer<typeof severitySchema>;
  title: z.infer<typeof textSchema>;
  response: z.infer<typeof textSchema> | null;
  location: z.infer<typeof locationSchema>;
  lifeSafety: boolean;
  state: AlarmState;
  condition: 'active' | 'cleared';
  acknowledged: boolean;
  /** The device's condition has gone, but the latch holds the alarm active until a person resets it. */
  latched: boolean;
  activation: number;
  firstAt: number;
  lastAt: number;
  clearedAt: number | null;
  count: number;
  cause: Record<string, number | boolean | string> | null;
  ackedBy: string | null;
  ackedAt: number | null;
  shelvedUntilAt: number | null;
  shelvedReason: string | null;
  suppressedBy: { by: string; reason: string; untilAt: number | null }[];
  outOfServiceUntilAt: number | null;
  assignedTo: string | null;
  ticketId: string | null;
  incidentId: string | null;
  firstOut: boolean;
  verdict: 'true' | 'false' | 'unsure' | null;
  evidence: Evidence[];
}

type FactOf<T extends FactBody['type']> = AlarmFact & { body: Extract<FactBody, { type: T }> };

/**
 * The alarm that a set of facts describes, or undefined while no raise is known (facts of people
 * may overtake the raise on their way). Any order and any repetition give the same result.
 */
export function foldAlarm(facts: Iterable<AlarmFact>): Alarm | undefined {
  const unique = [...new Map([...facts].map((fact) => [fact.id, fact])).values()].sort(byTime);
  const live = unique.filter((fact) => !fact.late);
  const conditions = live.filter(isCondition).sort(byStep);
  const raises = conditions.filter((fact): fact is FactOf<'raised'> => fact.body.type === 'raised');
  const first = raises[0];
  const raise = raises.at(-1);
  const last = conditions.at(-1);
  if (!first || !raise || !last) return undefined;

  const { activation } = raise.body;
  const reset = of(live, 'reset').some((fact) => fact.body.activation >= activation);
  const gone = last.body.type === 'cleared';
  const latched = raise.body.latch && gone && !reset;
  const active = !gone || latched;
  const ack = lastAcknowledgement(live, activation);
  const shelf = lastWord(live, 'shelved', 'unshelved');
  const service = lastWord(live, 'out-of-service', 'in-service');
  const suppressedBy = activeSuppressions(live);
  const verdict = of(live, 'verdict').at(-1);
  const incident = of(live, 'incident-linked').at(-1);
  const updates = conditions.filter((fact): fact is FactOf<'updated'> => fact.body.type === 'updated');
  const escalated = updates.filter((fact) => fact.body.activation === activation && fact.body.severity).at(-1);
  const causes = conditions.filter((fact): fact is FactOf<'raised' | 'updated'> => fact.body.type !== 'cleared');

  const facets = {
    condition: active ? ('active' as const) : ('cleared' as const),
    acknowledged: ack !== undefined,
    shelved: shelf?.body.type === 'shelved',
    suppressed: suppressedBy.length > 0,
    outOfService: service?.body.type === 'out-of-service',
  };
  return {
    id: first.alarmId,
    communityId: first.body.communityId,
    gatewayId: first.body.gatewayId,
    deviceId: first.body.deviceId,
    kind: first.body.kind,
    rule: first.body.rule,
    severity: escalated?.body.severity ?? raise.body.severity,
    title: raise.body.title,
    response: raise.body.response ?? null,
    location: raise.body.location,
    lifeSafety: raise.body.lifeSafety,
    state: deriveState(facets),
    condition: facets.condition,
    acknowledged: facets.acknowledged,
    latched,
    activation,
    firstAt: first.at,
    lastAt: Math.max(...causes.map((fact) => fact.at)),
    clearedAt: active ? null : last.at,
    count: Math.max(raises.length, ...updates.map((fact) => fact.body.count)),
    cause: causes.at(-1)?.body.cause ?? null,
    ackedBy: ack?.author.id ?? null,
    ackedAt: ack?.at ?? null,
    shelvedUntilAt: shelf?.body.type === 'shelved' ? shelf.body.untilAt : null,
    shelvedReason: shelf?.body.type === 'shelved' ? shelf.body.reason : null,
    suppressedBy,
    outOfServiceUntilAt: service?.body.type === 'out-of-service' ? service.body.untilAt : null,
    assignedTo: of(live, 'assigned').at(-1)?.body.username ?? null,
    ticketId: of(live, 'ticket-linked')[0]?.body.ticketId ?? null,
    incidentId: incident?.body.incidentId ?? null,
    firstOut: incident?.body.firstOut ?? false,
    verdict: verdict?.body.verdict ?? null,
    evidence: of(unique, 'evidence').map((fact) => fact.body.evidence),
  };
}

/** The state from its facets: the strongest word first (ISA-18.2, suppressed states before the rest). */
export function deriveState(facets: {
  condition: 'active' | 'cleared';
  acknowledged: boolean;
  shelved: boolean;
  suppressed: boolean;
  outOfService: boolean;
}): AlarmState {
  if (facets.outOfService) return 'out-of-service';
  if (facets.suppressed) return 'suppressed';
  if (facets.shelved) return 'shelved';
  if (facets.condition === 'active') return facets.acknowledged ? 'acked' : 'unacked';
  return facets.acknowledged ? 'normal' : 'returned';
}

export type AlarmAction =
  | { type: 'ack'; note?: string | undefined }
  | { type: 'shelve'; untilAt: number; reason: string }
  | { type: 'unshelve' }
  | { type: 'reset' }
  | { type: 'out-of-service'; untilAt: number; reason: string }
  | { type: 'in-service' }
  | { type: 'comment'; text: string }
  | { type: 'assign'; username: string }
  | { type: 'verdict'; verdict: 'true' | 'false' | 'unsure'; label?: string | undefined };

/**
 * What a person's action adds to the facts, or why the present state forbids it.
 * The one table of who-may-do-what-when for people; rules and timers add facts of their own.
 */
export function decideAlarm(
  alarm: Alarm,
  action: AlarmAction,
  now: number,
): { ok: true; body: FactBody } | { ok: false; reason: string } {
  const { activation } = alarm;
  switch (action.type) {
    case 'ack':
      if (alarm.acknowledged) return no('the alarm is acknowledged already');
      return { ok: true, body: { type: 'acknowledged', activation, ...(action.note ? { note: action.note } : {}) } };
    case 'shelve':
      if (alarm.state === 'shelved') return no('the alarm is shelved already');
      if (alarm.state === 'normal') return no('the alarm is over; there is nothing to shelve');
      if (alarm.state === 'out-of-service') return no('the alarm is out of service');
      if (action.untilAt <= now) return no('the end of the shelf lies in the past');
      if (action.untilAt - now > LIMITS.shelveMsMax) return no('an alarm may be shelved for 7 days at most');
      return { ok: true, body: { type: 'shelved', untilAt: action.untilAt, reason: action.reason } };
    case 'unshelve':
      if (alarm.shelvedUntilAt === null) return no('the alarm is not shelved');
      return { ok: true, body: { type: 'unshelved', cause: 'person', activation } };
    case 'reset':
      if (!alarm.latched) return no('only a latched alarm whose condition has gone can be reset');
      return { ok: true, body: { type: 'reset', activation } };
    case 'out-of-service':
      if (alarm.state === 'out-of-service') return no('the alarm is out of service already');
      if (action.untilAt <= now) return no('the end lies in the past');
      return { ok: true, body: { type: 'out-of-service', untilAt: action.untilAt, reason: action.reason } };
    case 'in-service':
      if (alarm.state !== 'out-of-service') return no('the alarm is in service');
      return { ok: true, body: { type: 'in-service', cause: 'person' } };
    case 'comment':
      return { ok: true, body: { type: 'commented', text: action.text } };
    case 'assign':
      return { ok: true, body: { type: 'assigned', username: action.username } };
    case 'verdict':
      return {
        ok: true,
        body: { type: 'verdict', verdict: action.verdict, ...(action.label ? { label: action.label } : {}) },
      };
  }
}

function no(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}

function isCondition(fact: AlarmFact): fact is FactOf<'raised' | 'updated' | 'cleared'> {
  return fact.body.type === 'raised' || fact.body.type === 'updated' || fact.body.type === 'cleared';
}

function of<T extends FactBody['type']>(facts: AlarmFact[], type: T): FactOf<T>[] {
  return facts.filter((fact): fact is FactOf<T> => fact.body.type === type);
}

/** The later of what sets and what unsets; two at the same instant are ordered by id. */
function lastWord<A extends FactBody['type'], B extends FactBody['type']>(
  facts: AlarmFact[],
  set: A,
  unset: B,
): FactOf<A> | FactOf<B> | undefined {
  return facts
    .filter((fact): fact is FactOf<A> | FactOf<B> => fact.body.type === set || fact.body.type === unset)
    .at(-1);
}

function lastAcknowledgement(facts: AlarmFact[], activation: number): AlarmFact | undefined {
  const expiry = of(facts, 'unshelved')
    .filter((fact) => fact.body.cause === 'expired')
    .at(-1);
  const acks = facts.filter(
    (fact) =>
      (fact.body.type === 'acknowledged' || (fact.body.type === 'unshelved' && fact.body.cause === 'person')) &&
      fact.body.activation >= activation &&
      (!expiry || byTime(fact, expiry) > 0),
  );
  return acks[0];
}

function activeSuppressions(facts: AlarmFact[]): Alarm['suppressedBy'] {
  const latest = new Map<string, FactOf<'suppressed' | 'unsuppressed'>>();
  for (const fact of facts) {
    if (fact.body.type === 'suppressed' || fact.body.type === 'unsuppressed')
      latest.set(fact.body.by, fact as FactOf<'suppressed' | 'unsuppressed'>);
  }
  return [...latest.values()]
    .map((fact) => fact.body)
    .filter((body) => body.type === 'suppressed')
    .map((body) => ({ by: body.by, reason: body.reason, untilAt: body.untilAt ?? null }));
}

function byTime(a: AlarmFact, b: AlarmFact): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function byStep(a: FactOf<'raised' | 'updated' | 'cleared'>, b: FactOf<'raised' | 'updated' | 'cleared'>): number {
  return a.body.activation - b.body.activation || a.body.step - b.body.step || byTime(a, b);
}
