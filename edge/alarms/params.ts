/** How parameters that several rule types share are applied to what devices say. */
import type { Observation, Value } from '../../core/reading.ts';
import type { Comparison, Match } from '../../core/rule-pieces.ts';
import type { Cause } from './rule-type.ts';

export function matches(fields: Record<string, unknown>, match: Match | undefined): boolean {
  if (!match) return true;
  return Object.entries(match).every(([field, wanted]) => {
    const value = fields[field] as Value;
    return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
  });
}

/** Whether the value satisfies the comparison; a value of the wrong type never does. */
export function compare(value: Value, test: Comparison): boolean {
  if (test.above !== undefined) return typeof value === 'number' && value > test.above;
  if (test.below !== undefined) return typeof value === 'number' && value < test.below;
  if (test.is !== undefined) return value === test.is;
  return value !== test.isNot;
}

/** What people see as the cause: the plain fields of an event, or the values of a telemetry message. */
export function causeOf(observation: Observation): Cause {
  if (observation.channel === 'telemetry') return { ...observation.values };
  const cause: Cause = { event: observation.type };
  for (const [field, value] of Object.entries(observation.fields)) {
    if (typeof value === 'number' || typeof value === 'boolean') cause[field] = value;
    else if (typeof value === 'string') cause[field] = value.slice(0, 500);
  }
  return cause;
}
