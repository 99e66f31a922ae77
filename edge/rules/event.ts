/**
 * An event that the device itself calls out: one of `event` raises (smoke `alarm`, gate
 * `forced-open`), one of `clearEvent` clears. Where nothing says that it is over, quiet does:
 * `clearAfterQuietMs` after the last occurrence (ten minutes unless said otherwise).
 */

import type { Value } from '../../core/reading.ts';
import parameters, { type EventWith as With } from '../../devices/rules/event.ts';
import { causeOf, matches } from '../alarms/params.ts';
import { defineRule, type Evaluation, type Verdict } from '../alarms/rule-type.ts';

const QUIET_DEFAULT_MS = 10 * 60_000;

/** Measured times, so that a clear that overtook its raise on the way is not undone by it. */
interface State {
  raisedAt?: number;
  clearedAt?: number;
  quietAt?: number;
  /** Of the last occurrence, where the rule tells occurrences apart by a field. */
  one?: Value;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ events: [...params.event, ...(params.clearEvent ?? [])] }),
  evaluate(input, state, params) {
    if (input.type === 'due') {
      if (state?.quietAt === undefined || input.at < state.quietAt) return keep(state);
      const { quietAt: _, ...rest } = state;
      return { state: rest, verdict: { type: 'clear', reason: 'quiet' } };
    }
    if (input.type === 'start') return input.active && !state ? keep(withQuiet({}, params, input.at)) : keep(state);
    if (input.type !== 'observation' || input.observation.channel !== 'event') return keep(state);

    const { type, fields, at } = input.observation;
    if (params.event.includes(type) && matches(fields, params.where)) {
      if (state?.clearedAt !== undefined && at < state.clearedAt) return keep(state);
      const cause = causeOf(input.observation);
      const one = params.oneBy === undefined ? undefined : cause[params.oneBy];
      const isMore = one !== undefined && one === state?.one;
      const raised = { ...state, raisedAt: Math.max(at, state?.raisedAt ?? at), ...(one !== undefined && { one }) };
      const verdict: Verdict = { type: 'active', cause, ...(isMore ? { isMore } : { occurrence: true }) };
      return { ...keep(withQuiet(raised, params, input.at)), verdict };
    }
    if (params.clearEvent?.includes(type) && matches(fields, params.clearWhere)) {
      if (state?.raisedAt !== undefined && at < state.raisedAt) return keep(state);
      return { state: { clearedAt: at }, verdict: { type: 'clear', reason: 'event' } };
    }
    return keep(state);
  },
});

function withQuiet(state: State, params: With, at: number): State {
  const quietMs = params.clearAfterQuietMs ?? (params.clearEvent ? undefined : QUIET_DEFAULT_MS);
  return quietMs === undefined ? state : { ...state, quietAt: at + quietMs };
}

function keep(state: State | undefined): Evaluation<State> {
  return { state, dueAt: state?.quietAt };
}
