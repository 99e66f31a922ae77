/**
 * When will it be full? The line through the recent past is drawn on to the limit: it raises when
 * that is less than `withinMs` away, so that a bin is emptied on the round before it overflows. A
 * jump back against the trend by `resetBy` (the bin was emptied) starts anew and clears.
 */

import parameters, { type TimeToLimitWith as With } from '../../devices/rules/time-to-limit.ts';
import { defineRule } from '../alarms/rule-type.ts';
import { addToTrend, slopeOf, type Trend } from '../alarms/trend.ts';

interface State {
  trend: Trend;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ fields: [params.field] }),
  evaluate(input, state, params, context) {
    if (input.type !== 'observation' || input.observation.channel !== 'telemetry') return { state };
    const value = input.observation.values[params.field];
    if (typeof value !== 'number') return { state };
    const { at } = input.observation;
    const sign = params.direction === 'up' ? 1 : -1;
    const last = state?.trend.at(-1);
    const wasReset = last !== undefined && sign * (last.sum / last.count - value) >= params.resetBy;
    const trend = addToTrend(wasReset ? [] : (state?.trend ?? []), value, at, params.windowMs);
    const next = { state: { trend } };
    if (wasReset) return context.active ? { ...next, verdict: { type: 'clear', reason: 'condition' } } : next;

    const slope = slopeOf(trend);
    if (!slope || slope.spanMs < params.pastMsMin || slope.fit < params.fitMin) return next;
    const leftMs = (sign * (params.limit - value)) / (sign * slope.perMs);
    if (sign * slope.perMs > 0 && leftMs <= params.withinMs) {
      if (context.active) return next;
      const cause = { [params.field]: value, limit: params.limit, reachedAt: Math.round(at + Math.max(0, leftMs)) };
      return { ...next, verdict: { type: 'active', cause } };
    }
    // A quarter more than the span that raised it, so that a wavering line does not chatter.
    const isFar = sign * slope.perMs <= 0 || leftMs > params.withinMs * 1.25;
    return context.active && isFar ? { ...next, verdict: { type: 'clear', reason: 'condition' } } : next;
  },
});
