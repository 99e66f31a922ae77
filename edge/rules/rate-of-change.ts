/**
 * A value that moves too fast: it rose or fell by more than so much within `withinMs` (ISA-18.2's
 * rate-of-change alarm). Measured against the lowest and highest of the window, so that a spike
 * between two slow messages counts. Clears when the movement within the window is below half.
 */

import parameters, { type RateOfChangeWith as With } from '../../devices/rules/rate-of-change.ts';
import { defineRule } from '../alarms/rule-type.ts';
import { addToTrend, type Trend } from '../alarms/trend.ts';

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
    const trend = addToTrend(state?.trend ?? [], value, input.observation.at, params.withinMs);
    const rise = value - Math.min(...trend.map((bucket) => bucket.min));
    const fall = Math.max(...trend.map((bucket) => bucket.max)) - value;
    const share = Math.max(
      rise / (params.rise ?? Number.POSITIVE_INFINITY),
      fall / (params.fall ?? Number.POSITIVE_INFINITY),
    );
    const next = { state: { trend } };
    if (share > 1) {
      const change = rise / (params.rise ?? Number.POSITIVE_INFINITY) === share ? rise : -fall;
      return {
        ...next,
        verdict: { type: 'active', cause: { [params.field]: value, change, withinMs: params.withinMs } },
      };
    }
    if (context.active && share <= params.clearShare)
      return { ...next, verdict: { type: 'clear', reason: 'condition' } };
    return next;
  },
});
