/** An alarm as people see it: what its facts say together (alarm-fold.ts), and the names of its states. */
import type { Evidence, FactOf } from './alarm-fact.ts';
import type { Severity } from './rule.ts';
import type { Text } from './text.ts';

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

/** What the facts say together. Everything here is derived; nothing is stored that facts do not hold. */
export interface Alarm {
  id: string;
  communityId: string;
  gatewayId: string;
  deviceId: string;
  kind: string;
  rule: string;
  severity: Severity;
  title: Text;
  response: Text | null;
  location: FactOf<'raised'>['body']['location'];
  lifeSafety: boolean;
  state: AlarmState;
  condition: 'active' | 'cleared';
  acknowledged: boolean;
  /** The device's condition has gone, but the latch holds the alarm active until a person resets it. */
  latched: boolean;
  activation: number;
  /** How far the clock that the next three were said by is ahead of the hub's, ms: subtract it to compare. */
  skewMs: number;
  firstAt: number;
  lastAt: number;
  clearedAt: number | null;
  count: number;
  cause: Record<string, number | boolean | string> | null;
  ackedBy: string | null;
  ackedAt: number | null;
  /** Ends are there to be compared: they are by the hub's clock, whoever said them. */
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
