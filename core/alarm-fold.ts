/**
 * What a set of alarm facts says together: a pure fold, the same on edge and hub. Any order and any
 * repetition of the facts give the same alarm, so both sides agree after any partition without
 * talking about it.
 *
 * How that is reached, in one pass:
 * - condition facts carry the edge's own (activation, step) and are never compared by wall time;
 *   each question (latest raise, last condition, …) keeps only its maximum;
 * - an acknowledgement names the activation it saw, so it never covers a later one;
 * - what is set and unset is replayed by (instant, id); an expiry ends only what has run out by then;
 * - instants of different speakers are compared by the hub's clock, as far as a fact knows its speaker's skew;
 * - a fact marked late is history only, save for the evidence it carries.
 */
import { type AlarmFact, type Evidence, type FactBody, type FactOf, hubTimeOf } from './alarm-fact.ts';
import { type Alarm, deriveState } from './alarm-state.ts';
import type { Severity } from './rule.ts';

type Condition = FactOf<'raised' | 'updated' | 'cleared'>;
type Shelving = FactOf<'shelved' | 'unshelved'>;
type Service = FactOf<'out-of-service' | 'in-service'>;
type Suppression = FactOf<'suppressed' | 'unsuppressed'>;

/**
 * The facts boiled down, plain data that can be stored and carried on. Condition facts, of which
 * there may be thousands, leave only their maxima; what people said is kept, ordered by (instant, id).
 */
export interface AlarmFold {
  first?: FactOf<'raised'>;
  raise?: FactOf<'raised'>;
  last?: Condition;
  cause?: Condition;
  severity?: Condition;
  lastAt: number;
  count: number;
  reset?: FactOf<'reset'>;
  acks: FactOf<'acknowledged'>[];
  shelvings: Shelving[];
  services: Service[];
  suppressions: Suppression[];
  assigned?: FactOf<'assigned'>;
  ticket?: FactOf<'ticket-linked'>;
  incident?: FactOf<'incident-linked'>;
  verdict?: FactOf<'verdict'>;
  evidence: FactOf<'evidence'>[];
}

export function newFold(): AlarmFold {
  return { lastAt: 0, count: 0, acks: [], shelvings: [], services: [], suppressions: [], evidence: [] };
}

/**
 * The alarm that a set of facts describes, or undefined while no raise is known (facts of people
 * may overtake the raise on their way). Any order and any repetition give the same result.
 */
export function foldAlarm(facts: Iterable<AlarmFact>): Alarm | undefined {
  const fold = newFold();
  for (const fact of facts) addFact(fold, fact);
  return readFold(fold);
}

/** Takes one more fact into the fold; commutative, and taking it twice changes nothing. */
export function addFact(fold: AlarmFold, fact: AlarmFact): void {
  const { body } = fact;
  if (body.type === 'evidence') insert(fold.evidence, fact as FactOf<'evidence'>);
  if (fact.late) return;
  switch (body.type) {
    case 'raised':
    case 'updated':
    case 'cleared':
      addCondition(fold, fact as Condition);
      return;
    case 'reset': {
      const kept = fold.reset;
      const isEarlier = kept?.body.activation === body.activation && byTime(fact, kept) < 0;
      if (!kept || body.activation > kept.body.activation || isEarlier) fold.reset = fact as FactOf<'reset'>;
      return;
    }
    case 'acknowledged':
      insert(fold.acks, fact as FactOf<'acknowledged'>);
      return;
    case 'shelved':
    case 'unshelved':
      insert(fold.shelvings, fact as Shelving);
      return;
    case 'out-of-service':
    case 'in-service':
      insert(fold.services, fact as Service);
      return;
    case 'suppressed':
    case 'unsuppressed':
      insert(fold.suppressions, fact as Suppression);
      return;
    case 'assigned':
      fold.assigned = later(fold.assigned, fact as FactOf<'assigned'>);
      return;
    case 'verdict':
      fold.verdict = later(fold.verdict, fact as FactOf<'verdict'>);
      return;
    case 'incident-linked':
      fold.incident = later(fold.incident, fact as FactOf<'incident-linked'>);
      return;
    case 'ticket-linked':
      // The first ticket keeps the alarm; a second one that crossed it on the way is a duplicate.
      if (!fold.ticket || byTime(fact, fold.ticket) < 0) fold.ticket = fact as FactOf<'ticket-linked'>;
      return;
    case 'commented':
    case 'notified':
    case 'escalated':
    case 'evidence-viewed':
    case 'evidence':
      return;
  }
}

function addCondition(fold: AlarmFold, fact: Condition): void {
  const { body } = fact;
  if (!fold.last || byStep(fact, fold.last) > 0) fold.last = fact;
  fold.count = Math.max(fold.count, body.type === 'updated' ? body.count : body.activation);
  if (body.type === 'cleared') return;
  fold.lastAt = Math.max(fold.lastAt, fact.at);
  if (body.cause && (!fold.cause || byStep(fact, fold.cause) > 0)) fold.cause = fact;
  if (body.severity && (!fold.severity || byStep(fact, fold.severity) > 0)) fold.severity = fact;
  if (body.type !== 'raised') return;
  const raised = fact as FactOf<'raised'>;
  if (!fold.first || byStep(fact, fold.first) < 0) fold.first = raised;
  if (!fold.raise || byStep(fact, fold.raise) > 0) fold.raise = raised;
}

/** The alarm as the fold has it now; undefined while no raise is known. */
export function readFold(fold: AlarmFold): Alarm | undefined {
  const { first, raise, last } = fold;
  if (!first || !raise || !last) return undefined;

  const { activation } = last.body;
  const gone = last.body.type === 'cleared';
  const reset = fold.reset && fold.reset.body.activation >= activation ? fold.reset : undefined;
  const latched = raise.body.latch && gone && !reset;
  const active = !gone || latched;
  const { shelf, ack } = readShelving(fold, activation);
  const service = readService(fold.services);
  const suppressedBy = readSuppressions(fold.suppressions);
  const severe = fold.severity?.body as { severity?: Severity; activation: number } | undefined;
  const condition = active ? ('active' as const) : ('cleared' as const);
  const acknowledged = ack !== undefined;
  return {
    id: first.alarmId,
    communityId: first.body.communityId,
    gatewayId: first.body.gatewayId,
    deviceId: first.body.deviceId,
    kind: first.body.kind,
    rule: first.body.rule,
    severity: (severe?.activation === activation ? severe.severity : undefined) ?? raise.body.severity,
    title: raise.body.title,
    response: raise.body.response ?? null,
    location: raise.body.location,
    lifeSafety: raise.body.lifeSafety,
    state: deriveState({
      condition,
      acknowledged,
      shelved: shelf !== undefined,
      suppressed: suppressedBy.length > 0,
      outOfService: service !== undefined,
    }),
    condition,
    acknowledged,
    latched,
    activation,
    skewMs: raise.skewMs ?? 0,
    firstAt: first.at,
    lastAt: fold.lastAt,
    clearedAt: active ? null : laterOf(last, raise.body.latch ? reset : undefined).at,
    count: fold.count,
    cause: (fold.cause?.body as { cause?: Alarm['cause'] } | undefined)?.cause ?? null,
    ackedBy: ack?.author.id ?? null,
    ackedAt: ack?.at ?? null,
    shelvedUntilAt: shelf?.untilAt ?? null,
    shelvedReason: shelf?.reason ?? null,
    suppressedBy,
    outOfServiceUntilAt: service?.untilAt ?? null,
    assignedTo: fold.assigned?.body.username ?? null,
    ticketId: fold.ticket?.body.ticketId ?? null,
    incidentId: fold.incident?.body.incidentId ?? null,
    firstOut: fold.incident?.body.firstOut ?? false,
    verdict: fold.verdict?.body.verdict ?? null,
    evidence: readEvidence(fold.evidence),
  };
}

/**
 * The shelf in force, and the acknowledgement that counts: the first of this activation (or a later
 * one) after the last shelf that ran out. A person's unshelve acknowledges, an expiry takes
 * acknowledgements away (ISA-18.2); each only if it met a shelf in force.
 */
function readShelving(fold: AlarmFold, activation: number) {
  let shelf: { untilAt: number; reason: string } | undefined;
  let expiry: AlarmFact | undefined;
  let acks: AlarmFact[] = fold.acks;
  for (const fact of fold.shelvings) {
    const { body } = fact;
    if (body.type === 'shelved') shelf = { ...body, untilAt: hubTimeOf(fact, body.untilAt) };
    else if (shelf && body.cause === 'person') {
      acks = [...acks, fact];
      shelf = undefined;
    } else if (shelf && shelf.untilAt <= hubTimeOf(fact)) {
      expiry = fact;
      shelf = undefined;
    }
  }
  let ack: AlarmFact | undefined;
  for (const fact of acks) {
    const body = fact.body as FactOf<'acknowledged' | 'unshelved'>['body'];
    const counts = body.activation >= activation && (!expiry || byTime(fact, expiry) > 0);
    if (counts && (!ack || byTime(fact, ack) < 0)) ack = fact;
  }
  return { shelf, ack };
}

function readService(services: Service[]): { untilAt: number } | undefined {
  let out: { untilAt: number } | undefined;
  for (const fact of services) {
    const { body } = fact;
    if (body.type === 'out-of-service') out = { untilAt: hubTimeOf(fact, body.untilAt) };
    else if (body.cause === 'person' || (out && out.untilAt <= hubTimeOf(fact))) out = undefined;
  }
  return out;
}

function readSuppressions(suppressions: Suppression[]): Alarm['suppressedBy'] {
  if (suppressions.length === 0) return [];
  // Key: what mutes; the newest word of each origin counts.
  const muted = new Map<string, Alarm['suppressedBy'][number]>();
  for (const fact of suppressions) {
    const { body } = fact;
    if (body.type === 'suppressed') {
      const untilAt = body.untilAt === undefined ? null : hubTimeOf(fact, body.untilAt);
      muted.delete(body.by);
      muted.set(body.by, { by: body.by, reason: body.reason, untilAt });
    } else if (body.cause !== 'expired' || (muted.get(body.by)?.untilAt ?? Number.POSITIVE_INFINITY) <= hubTimeOf(fact))
      muted.delete(body.by);
  }
  return [...muted.values()];
}

/** One entry per piece of evidence, in the order it became known. */
function readEvidence(facts: FactOf<'evidence'>[]): Evidence[] {
  return [...new Map(facts.map((fact) => [fact.body.evidence.id, fact.body.evidence])).values()];
}

/** Keeps the list ordered by (instant, id) and free of doubles; facts mostly come in order, so it looks from the end. */
function insert<T extends AlarmFact>(list: T[], fact: T): void {
  let index = list.length;
  while (index > 0) {
    const order = byTime(list[index - 1] as T, fact);
    if (order === 0) return;
    if (order < 0) break;
    index -= 1;
  }
  list.splice(index, 0, fact);
}

function later<T extends FactBody['type']>(kept: FactOf<T> | undefined, fact: FactOf<T>): FactOf<T> {
  return kept && byTime(fact, kept) <= 0 ? kept : fact;
}

function laterOf(a: AlarmFact, b: AlarmFact | undefined): AlarmFact {
  return b && hubTimeOf(b) > hubTimeOf(a) ? b : a;
}

function byTime(a: AlarmFact, b: AlarmFact): number {
  return hubTimeOf(a) - hubTimeOf(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function byStep(a: Condition, b: Condition): number {
  return a.body.activation - b.body.activation || a.body.step - b.body.step || byTime(a, b);
}
