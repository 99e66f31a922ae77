/**
 * Somebody who lives alone and asked to be looked after (独居老人): no pass of theirs at any door of
 * the community for `afterMs` is a gentle notice to the committee, to knock and ask. Opt-in: the
 * rule exists only for a person who agreed, one rule each, and knows a pseudonym, never a name.
 * With `only` it asks at a decent hour. It clears with the next pass.
 */

import parameters, { type CareWith as With } from '../../devices/rules/care.ts';
import { defineRule } from '../alarms/rule-type.ts';

interface State {
  seenAt: number;
  said?: boolean;
}

export default defineRule<With, State>({
  parameters,
  scope: 'zone',
  place: () => 'community',
  reads: () => ({ events: ['pass'] }),
  evaluate(input, state, params) {
    const wait = (next: State) => ({ state: next, dueAt: next.said ? undefined : next.seenAt + params.afterMs });
    if (input.type === 'start') return wait(state ?? { seenAt: input.at, said: input.active });
    if (input.type === 'due' && state && !state.said && input.at >= state.seenAt + params.afterMs) {
      // While the gateway was down nobody could be seen: the whole wait begins again.
      if (input.resumedAt !== undefined) return wait({ seenAt: input.resumedAt });
      return { state: { ...state, said: true }, verdict: { type: 'active', cause: { lastPassAt: state.seenAt } } };
    }
    if (input.type !== 'observation' || input.observation.channel !== 'event') return state ? wait(state) : { state };
    const { fields } = input.observation;
    if (fields.personRef !== params.personRef || fields.result !== 'granted') return state ? wait(state) : { state };
    return { ...wait({ seenAt: input.at }), verdict: { type: 'clear', reason: 'event' } };
  },
});
