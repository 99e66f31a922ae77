/**
 * When will it be full? The line through the recent past is drawn on to the limit: it raises when
 * that is less than `withinMs` away, so that a bin is emptied on the round before it overflows. A
 * jump back against the trend by `resetBy` (the bin was emptied) starts anew and clears.
 */
import { z } from 'zod';
import { fieldSchema, spanSchema } from '../alarms/params.ts';
import { defineRule } from '../alarms/rule-type.ts';
import { addToTrend, slopeOf, type Trend } from '../alarms/trend.ts';

const schema = z.strictObject({
  field: fieldSchema,
  /** The value that must not be reached. */
  limit: z.number(),
  direction: z.enum(['up', 'down']).default('up'),
  withinMs: spanSchema.min(1),
  /** How much of the past makes the trend. */
  windowMs: spanSchema.min(1).default(6 * 3_600_000),
  /** No prophecy from less of the past than this. */
  pastMsMin: spanSchema.default(3_600_000),
  /** How well the line must fit, 0 to 1 (share of the variance explained). */
  fitMin: z.number().min(0).max(1).default(0.5),
  resetBy: z.number().positive(),
});
type With = z.infer<typeof schema>;

interface State {
  trend: Trend;
}

export default defineRule<With, State>({
  schema,
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
