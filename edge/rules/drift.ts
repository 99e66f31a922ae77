/**
 * A sensor that slowly loses its zero: dust in a smoke detector lifts its resting value over weeks
 * until it cries wolf or hears nothing (EN 54-7 lets detectors compensate for it, and asks for a
 * fault when they cannot). The resting value is an exponential mean with the time constant `overMs`
 * of readings inside `quiet`; it raises when that leaves `above` or `below`. A matter of upkeep.
 */

import parameters, { type DriftWith as With } from '../../devices/rules/drift.ts';
import { defineRule } from '../alarms/rule-type.ts';

interface State {
  rest: number;
  sinceAt: number;
  at: number;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ fields: [params.field] }),
  evaluate(input, state, params, context) {
    if (input.type !== 'observation' || input.observation.channel !== 'telemetry') return { state };
    const value = input.observation.values[params.field];
    if (typeof value !== 'number' || (params.quiet && (value < params.quiet[0] || value > params.quiet[1])))
      return { state };
    const { at } = input.observation;
    if (!state) return { state: { rest: value, sinceAt: at, at } };
    // A thousandth of the time constant is fine enough, and spares a write for every message.
    if (at - state.at < params.overMs / 1_000) return { state };
    const weight = 1 - Math.exp(-(at - state.at) / params.overMs);
    const next = { rest: state.rest + weight * (value - state.rest), sinceAt: state.sinceAt, at };
    if (at - next.sinceAt < params.overMs) return { state: next };

    const { above, below, hysteresis } = params;
    const isBeyond = (above !== undefined && next.rest > above) || (below !== undefined && next.rest < below);
    if (isBeyond) {
      const cause = { [params.field]: Math.round(next.rest * 1e4) / 1e4, limit: above ?? below ?? 0 };
      return { state: next, verdict: context.active ? undefined : { type: 'active', cause } };
    }
    const isBack =
      (above === undefined || next.rest <= above - hysteresis) &&
      (below === undefined || next.rest >= below + hysteresis);
    return { state: next, verdict: context.active && isBack ? { type: 'clear', reason: 'condition' } : undefined };
  },
});
