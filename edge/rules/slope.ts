/**
 * A slow, steady loss or growth: the slope of the recent past is beyond so much an hour, and the
 * line fits (a leak falls along a line; use does not). With `only` it looks at the quiet hours.
 */

import parameters, { type SlopeWith as With } from '../../devices/rules/slope.ts';
import { type Level, levelOf, stepLevel } from '../alarms/level.ts';
import { defineRule } from '../alarms/rule-type.ts';
import { addToTrend, slopeOf, type Trend } from '../alarms/trend.ts';

const HOUR_MS = 3_600_000;

interface State {
  trend: Trend;
  level?: Level | undefined;
}

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ fields: [params.field] }),
  evaluate(input, state, params, context) {
    const before = levelOf(state?.level, context.active, input.at);
    let trend = state?.trend ?? [];
    let isSteep: boolean | undefined;
    let perHour = 0;
    if (input.type === 'observation' && input.observation.channel === 'telemetry') {
      const value = input.observation.values[params.field];
      if (typeof value === 'number') trend = addToTrend(trend, value, input.observation.at, params.windowMs);
      const slope = slopeOf(trend);
      if (slope && slope.spanMs >= params.pastMsMin) {
        perHour = slope.perMs * HOUR_MS;
        const share = Math.max(
          perHour / (params.risePerHour ?? Number.POSITIVE_INFINITY),
          -perHour / (params.fallPerHour ?? Number.POSITIVE_INFINITY),
        );
        if (share > 1 && slope.fit >= params.fitMin) isSteep = true;
        else if (share <= params.clearShare || slope.fit < params.fitMin / 2) isSteep = false;
      }
    }
    const { level, turned, dueAt } = stepLevel(before, isSteep, input.at, { onMs: params.onDelayMs, offMs: 0 });
    const isSame = state !== undefined && trend === state.trend && level === state.level;
    return {
      state: isSame ? state : trend.length === 0 && !level ? undefined : { trend, ...(level ? { level } : {}) },
      verdict:
        turned === 'active'
          ? { type: 'active', cause: { field: params.field, perHour: Math.round(perHour * 1e6) / 1e6 } }
          : turned && { type: 'clear', reason: 'condition' },
      dueAt,
    };
  },
});
