/** Facts for tests, and arbitrary histories of one alarm that obey its life cycle, or do not. */
import fc from 'fast-check';
import type { AlarmFact, FactBody } from '../../core/alarm.ts';

export const T0 = 1_700_000_000_000;

export function fact(id: string, at: number, body: FactBody, more: Partial<AlarmFact> = {}): AlarmFact {
  return {
    id,
    alarmId: 'a1',
    at,
    origin: { type: 'gateway', id: 'gw-1' },
    author: { type: 'rule', id: 'fire' },
    body,
    ...more,
  };
}

export function raised(activation: number, step: number, more: { latch?: boolean } = {}): FactBody {
  return {
    type: 'raised',
    activation,
    step,
    communityId: 'jinxiu',
    gatewayId: 'gw-1',
    deviceId: 'smoke-1',
    kind: 'smoke-detector',
    rule: 'fire',
    severity: 'critical',
    title: { zh: '火警', en: 'Fire' },
    location: { building: '3' },
    lifeSafety: true,
    latch: more.latch ?? false,
  };
}

const instant = fc.integer({ min: T0, max: T0 + 50 });
const span = fc.integer({ min: 1, max: 60 });
const activation = fc.integer({ min: 1, max: 4 });
const step = fc.integer({ min: 0, max: 12 });

/** Any body at all, sensible or not. */
const anyBody: fc.Arbitrary<FactBody> = fc.oneof(
  fc.record({ a: activation, s: step, latch: fc.boolean() }).map(({ a, s, latch }) => raised(a, s, { latch })),
  fc
    .record({ activation, step, count: fc.integer({ min: 1, max: 99 }) })
    .map((one) => ({ type: 'updated' as const, ...one })),
  fc
    .record({ activation, step })
    .map((one) => ({ type: 'updated' as const, ...one, count: 3, severity: 'minor' as const })),
  fc.record({ activation, step }).map((one) => ({ type: 'cleared' as const, ...one, reason: 'condition' as const })),
  activation.map((a) => ({ type: 'reset' as const, activation: a })),
  activation.map((a) => ({ type: 'acknowledged' as const, activation: a })),
  fc.tuple(instant, span).map(([at, ms]) => ({ type: 'shelved' as const, untilAt: at + ms, reason: 'test' })),
  fc
    .record({ cause: fc.constantFrom('person' as const, 'expired' as const), activation })
    .map((one) => ({ type: 'unshelved' as const, ...one })),
  fc
    .record({ by: fc.constantFrom('test', 'topology'), untilAt: fc.option(instant, { nil: undefined }) })
    .map(({ by, untilAt }) => ({
      type: 'suppressed' as const,
      by,
      reason: 'test',
      ...(untilAt === undefined ? {} : { untilAt }),
    })),
  fc
    .record({ by: fc.constantFrom('test', 'topology'), cause: fc.constantFrom('ended' as const, 'expired' as const) })
    .map((one) => ({ type: 'unsuppressed' as const, ...one })),
  instant.map((untilAt) => ({ type: 'out-of-service' as const, untilAt, reason: 'test' })),
  fc.constantFrom('person' as const, 'expired' as const).map((cause) => ({ type: 'in-service' as const, cause })),
  fc.constant({ type: 'commented' as const, text: 'hm' }),
  fc.constantFrom('li', 'wang').map((username) => ({ type: 'assigned' as const, username })),
  fc.constantFrom('t1', 't2').map((ticketId) => ({ type: 'ticket-linked' as const, ticketId })),
  fc.constantFrom('i1', 'i2').map((incidentId) => ({ type: 'incident-linked' as const, incidentId, firstOut: true })),
  fc.constantFrom('true' as const, 'false' as const).map((verdict) => ({ type: 'verdict' as const, verdict })),
  fc.constantFrom('e1', 'e2').map((id) => ({
    type: 'evidence' as const,
    evidence: { id, type: 'picture' as const, mime: 'image/jpeg', at: T0, bytes: 1, sha256: id.repeat(32) },
  })),
);

/** A heap of facts of one alarm: any bodies, equal times among them, some late, some by a clock that is wrong. */
export const anyFacts: fc.Arbitrary<AlarmFact[]> = fc
  .array(fc.record({ at: instant, body: anyBody, late: fc.boolean(), skewMs: fc.constantFrom(0, 0, 20, -20) }), {
    maxLength: 24,
  })
  .map((list) =>
    list.map(({ at, body, late, skewMs }, index) =>
      fact(`f${index}`, at, body, {
        ...(late && index % 5 === 0 ? { late } : {}),
        ...(skewMs === 0 ? {} : { skewMs }),
      }),
    ),
  );
