/**
 * Something that should be heard and is not. `missing: 'device'` follows the gateway's own word on
 * whether the device is reachable; `'telemetry'` and `'event'` watch for the message itself, the
 * latter for the named types and matching fields (a daily self-test). It raises exactly `afterMs`
 * after the last time, on the clock, and clears when it is heard again.
 */

import parameters, { type AbsenceWith as With } from '../../devices/rules/absence.ts';
import { matches } from '../alarms/params.ts';
import { defineRule, type RuleInput } from '../alarms/rule-type.ts';

const GRACE_MS = 5 * 60_000;

interface State {
  /** Since when it is missing; of a message, when it was last heard. */
  since: number;
  said: boolean;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads(params) {
    if (params.missing === 'device') return { liveness: true };
    if (params.missing === 'event') return { events: params.event ?? ['*'] };
    return { fields: [params.field ?? '*'] };
  },
  evaluate(input, state, params) {
    if (input.type === 'due') {
      if (!state || state.said || input.at < state.since + params.afterMs) return waiting(state, params);
      // Nobody could be heard while the gateway was down: everyone gets some minutes to speak first.
      if (input.resumedAt !== undefined && params.missing !== 'device')
        return { state, dueAt: input.resumedAt + Math.min(params.afterMs, GRACE_MS) };
      return { state: { ...state, said: true }, verdict: missing(state.since) };
    }
    if (params.missing === 'device') {
      if (input.type !== 'liveness' || input.liveness === 'unknown') return waiting(state, params);
      if (input.liveness === 'online') return { state: undefined, verdict: { type: 'clear', reason: 'condition' } };
      if (state) return waiting(state, params);
      if (params.afterMs === 0) return { state: { since: input.at, said: true }, verdict: missing(input.at) };
      return waiting({ since: input.at, said: false }, params);
    }
    if (input.type === 'start') return waiting(state ?? { since: input.at, said: input.active }, params);
    if (!isHeard(input, params)) return waiting(state, params);
    const heard = waiting({ since: input.at, said: false }, params);
    return { ...heard, verdict: { type: 'clear', reason: 'condition' } };
  },
});

function isHeard(input: RuleInput, params: With): boolean {
  if (input.type !== 'observation') return false;
  const { observation } = input;
  if (observation.channel === 'telemetry')
    return params.missing === 'telemetry' && (!params.field || params.field in observation.values);
  if (params.missing !== 'event') return false;
  return (!params.event || params.event.includes(observation.type)) && matches(observation.fields, params.where);
}

function waiting(state: State | undefined, params: With) {
  return { state, dueAt: state && !state.said ? state.since + params.afterMs : undefined };
}

function missing(since: number) {
  return { type: 'active', cause: { missingSince: since } } as const;
}
