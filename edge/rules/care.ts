/**
 * Somebody who lives alone and asked to be looked after (独居老人): no pass of theirs at any door of
 * the community for `afterMs` is a gentle notice to the committee, to knock and ask. Opt-in: the
 * rule exists only for a person who agreed, one rule each, and knows a pseudonym, never a name.
 * With `only` it asks at a decent hour. It clears with the next pass.
 */
import { z } from 'zod';
import { spanSchema } from '../alarms/params.ts';
import { defineRule } from '../alarms/rule-type.ts';

const schema = z.strictObject({
  /** The person said yes, and may take it back: then the rule is removed. */
  consent: z.literal(true),
  /** The pseudonym that the access system puts into `personRef`. */
  personRef: z.string().min(1).max(64),
  afterMs: spanSchema.min(3_600_000).default(24 * 3_600_000),
});
type With = z.infer<typeof schema>;

interface State {
  seenAt: number;
  said?: boolean;
}

export default defineRule<With, State>({
  schema,
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
