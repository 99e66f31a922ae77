/**
 * Too often in too short a time: `count` events (five denied cards), or a comparison that becomes
 * true so often, within `withinMs`. Clears when it has not happened for `clearAfterQuietMs` (the
 * window unless said otherwise).
 */

import parameters, { type CountInWindowWith as With } from '../../devices/rules/count-in-window.ts';
import { compare, matches } from '../alarms/params.ts';
import { defineRule, type RuleInput } from '../alarms/rule-type.ts';

interface State {
  /** The newest occurrences, the oldest first, no more than `count`. */
  times: number[];
  holds?: boolean;
  active?: boolean;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ events: params.event ?? [], fields: params.field === undefined ? [] : [params.field] }),
  evaluate(input, state, params, context) {
    const active = state?.active ?? context.active;
    const times = state?.times ?? [];
    const quietAt = (times.at(-1) ?? input.at) + (params.clearAfterQuietMs ?? params.withinMs);
    if (input.type !== 'observation') {
      if (!active) return { state };
      if (input.type === 'due' && input.at >= quietAt)
        return { state: undefined, verdict: { type: 'clear', reason: 'quiet' } };
      return { state: state ?? { times: [input.at], active: true }, dueAt: quietAt };
    }
    const { happened, holds } = occurs(input, state, params);
    if (!happened) {
      const next = holds === state?.holds ? state : { ...state, times, ...(holds === undefined ? {} : { holds }) };
      return { state: next, dueAt: active ? quietAt : undefined };
    }
    const kept = [...times.filter((time) => time > input.at - params.withinMs), input.at].slice(-params.count);
    const isTooMany = kept.length >= params.count;
    const next: State = { times: kept, ...(holds === undefined ? {} : { holds }), active: active || isTooMany };
    if (!active && !isTooMany) return { state: next };
    return {
      state: next,
      verdict: { type: 'active', occurrence: active, cause: { count: kept.length, sinceAt: kept[0] ?? input.at } },
      dueAt: input.at + (params.clearAfterQuietMs ?? params.withinMs),
    };
  },
});

function occurs(
  input: Extract<RuleInput, { type: 'observation' }>,
  state: State | undefined,
  params: With,
): { happened: boolean; holds?: boolean | undefined } {
  const { observation } = input;
  if (observation.channel === 'event') {
    const happened = (params.event?.includes(observation.type) ?? false) && matches(observation.fields, params.where);
    return { happened, holds: state?.holds };
  }
  const value = params.field === undefined ? undefined : observation.values[params.field];
  if (value === undefined || params.field === undefined) return { happened: false, holds: state?.holds };
  const holds = compare(value, { ...params, field: params.field });
  return { happened: holds && state?.holds === false, holds };
}
