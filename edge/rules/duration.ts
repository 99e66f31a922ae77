/**
 * A state that lasts too long: a comparison on one field stays true for `forMs` (a fire door left
 * open, a bin lid, a camera covered). It raises on the clock, also when nothing more is heard, and
 * clears when the comparison no longer holds, for `clearForMs` if given.
 */
import type { Value } from '../../core/reading.ts';
import parameters, { type DurationWith as With } from '../../devices/rules/duration.ts';
import { compare } from '../alarms/params.ts';
import { defineRule, type Evaluation, type Verdict } from '../alarms/rule-type.ts';

type State =
  | { phase: 'pending'; since: number; value: Value }
  | { phase: 'active'; since: number; value: Value }
  | { phase: 'clearing'; since: number };

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ fields: [params.field] }),
  evaluate(input, state, params, context) {
    if (input.type === 'due') return whenDue(input.at, state, params);
    if (input.type !== 'observation' || input.observation.channel !== 'telemetry') return keep(state, params);
    const value = input.observation.values[params.field];
    if (value === undefined) return keep(state, params);

    const phase = state?.phase ?? (context.active ? 'active' : 'normal');
    if (compare(value, params)) {
      if (phase === 'pending') return keep(state, params);
      if (phase === 'normal') return keep({ phase: 'pending', since: input.at, value }, params);
      if (state?.phase === 'active') return { state };
      return { state: { phase: 'active', since: input.at, value } };
    }
    if (phase === 'normal' || phase === 'pending') return { state: undefined };
    if (params.clearForMs === 0) return { state: undefined, verdict: { type: 'clear', reason: 'condition' } };
    return keep(state?.phase === 'clearing' ? state : { phase: 'clearing', since: input.at }, params);
  },
});

function whenDue(at: number, state: State | undefined, params: With): Evaluation<State> {
  if (state?.phase === 'pending' && at >= state.since + params.forMs) {
    const verdict: Verdict = { type: 'active', cause: { [params.field]: state.value, since: state.since } };
    return { state: { ...state, phase: 'active' }, verdict };
  }
  if (state?.phase === 'clearing' && at >= state.since + params.clearForMs)
    return { state: undefined, verdict: { type: 'clear', reason: 'condition' } };
  return keep(state, params);
}

function keep(state: State | undefined, params: With): Evaluation<State> {
  if (state?.phase === 'pending') return { state, dueAt: state.since + params.forMs };
  if (state?.phase === 'clearing') return { state, dueAt: state.since + params.clearForMs };
  return { state };
}
