/**
 * A state that nothing explains: a comparison becomes true without an `unlessEvent` within
 * `withinMs` before or `graceMs` after it (a gate that opens with no pass, a door that unlocks with
 * no granted card). Each explanation is spent by the change it explains, so one pass does not
 * cover a second opening. Clears when the state is gone.
 */
import type { Value } from '../../core/reading.ts';
import parameters, { type StateMismatchWith as With } from '../../devices/rules/state-mismatch.ts';
import { compare, matches } from '../alarms/params.ts';
import { defineRule, type Evaluation } from '../alarms/rule-type.ts';

/** `holds` is the last known truth of the comparison, so that only a change needs an explanation. */
interface State {
  holds?: boolean;
  explainedAt?: number;
  unexplainedAt?: number;
  value?: Value;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ fields: [params.field], events: params.unlessEvent }),
  evaluate(input, state, params, context) {
    if (input.type === 'due') {
      if (state?.unexplainedAt === undefined || input.at < state.unexplainedAt + params.graceMs)
        return keep(state, params);
      const cause = { [params.field]: state.value ?? true, since: state.unexplainedAt };
      return { state: { holds: true }, verdict: { type: 'active', cause } };
    }
    if (input.type !== 'observation') return keep(state, params);
    const { observation } = input;
    if (observation.channel === 'event') {
      const explains = params.unlessEvent.includes(observation.type) && matches(observation.fields, params.unlessWhere);
      if (!explains) return keep(state, params);
      if (state?.unexplainedAt !== undefined) return { state: { holds: true } };
      return keep({ ...state, explainedAt: input.at }, params);
    }
    const value = observation.values[params.field];
    if (value === undefined) return keep(state, params);
    if (!compare(value, params)) {
      if (state?.holds === false) return keep(state, params);
      const rest = state?.explainedAt === undefined ? {} : { explainedAt: state.explainedAt };
      return { state: { ...rest, holds: false }, verdict: { type: 'clear', reason: 'condition' } };
    }
    // The first word after a start says nothing about how it came about.
    if (state?.holds !== false) return keep(state?.holds ? state : { ...state, holds: true }, params);
    const explained = state.explainedAt !== undefined && input.at - state.explainedAt <= params.withinMs;
    if (explained || context.active) return { state: { holds: true } };
    return keep({ holds: true, unexplainedAt: input.at, value }, params);
  },
});

function keep(state: State | undefined, params: With): Evaluation<State> {
  return {
    state,
    dueAt: state?.unexplainedAt === undefined ? undefined : state.unexplainedAt + params.graceMs,
  };
}
