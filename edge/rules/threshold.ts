/**
 * A reading beyond a limit: high, low, or both. It clears only when it is back by some
 * way (so that a value on the limit does not chatter), and both ways can be delayed: the reading must
 * stay beyond for `onDelayMs` before it raises, and back for `offDelayMs` before it clears
 * (ISA-18.2, IEC 62682: deadband, on-delay, off-delay). The delays run on the clock, not on the
 * next message. `plausible` is the sensor's own range: a reading outside is a fault of the sensor,
 * never an alarm of what it measures.
 */
import { severityRank } from '../../core/rule.ts';
import parameters, { type ThresholdWith as With } from '../../devices/rules/threshold.ts';
import { defineRule, type Evaluation, type Verdict } from '../alarms/rule-type.ts';

/** `since` is when the present phase began; the value is kept for the cause when a delay runs out. */
type State =
  | { phase: 'pending'; since: number; value: number }
  | { phase: 'active' }
  | { phase: 'clearing'; since: number };

export default defineRule<With, State>({
  parameters,
  scope: 'device',
  reads: (params) => ({ fields: [params.field] }),
  evaluate(input, state, params, context) {
    if (input.type === 'due') return whenDue(input.at, state, params);
    if (input.type === 'start') return keep(input.active && !state ? { phase: 'active' } : state, params);
    if (input.type !== 'observation' || input.observation.channel !== 'telemetry') return keep(state, params);
    const value = input.observation.values[params.field];
    if (typeof value !== 'number' || !isPlausible(value, params)) return keep(state, params);
    const phase = state?.phase ?? (context.active ? 'active' : 'normal');
    const beyond = isBeyond(value, params);

    if (phase === 'normal' || phase === 'pending') {
      if (!beyond) return { state: undefined };
      if (params.onDelayMs === 0) return { state: { phase: 'active' }, verdict: active(value, params) };
      const since = state?.phase === 'pending' ? state.since : input.at;
      return keep({ phase: 'pending', since, value }, params);
    }
    if (beyond)
      return { state: phase === 'active' && state ? state : { phase: 'active' }, verdict: active(value, params) };
    if (!isBack(value, params)) return { state: phase === 'active' && state ? state : { phase: 'active' } };
    if (params.offDelayMs === 0) return { state: undefined, verdict: { type: 'clear', reason: 'condition' } };
    return keep(state?.phase === 'clearing' ? state : { phase: 'clearing', since: input.at }, params);
  },
});

function whenDue(at: number, state: State | undefined, params: With): Evaluation<State> {
  if (state?.phase === 'pending' && at >= state.since + params.onDelayMs)
    return { state: { phase: 'active' }, verdict: active(state.value, params) };
  if (state?.phase === 'clearing' && at >= state.since + params.offDelayMs)
    return { state: undefined, verdict: { type: 'clear', reason: 'condition' } };
  return keep(state, params);
}

function keep(state: State | undefined, params: With): Evaluation<State> {
  if (state?.phase === 'pending') return { state, dueAt: state.since + params.onDelayMs };
  if (state?.phase === 'clearing') return { state, dueAt: state.since + params.offDelayMs };
  return { state };
}

function active(value: number, params: With): Verdict {
  const limit = params.above !== undefined && value > params.above ? params.above : params.below;
  const cause = { [params.field]: value, ...(limit === undefined ? {} : { limit }) };
  const reached = (params.worse ?? [])
    .filter((step) => isBeyond(value, step))
    .map((step) => step.severity)
    .sort((a, b) => severityRank(a) - severityRank(b))[0];
  return { type: 'active', cause, ...(reached ? { severity: reached } : {}) };
}

function isBeyond(value: number, limits: { above?: number | undefined; below?: number | undefined }): boolean {
  return (limits.above !== undefined && value > limits.above) || (limits.below !== undefined && value < limits.below);
}

function isBack(value: number, params: With): boolean {
  const { above, below, hysteresis } = params;
  return (
    (above === undefined || value <= (params.clearBelow ?? above - hysteresis)) &&
    (below === undefined || value >= (params.clearAbove ?? below + hysteresis))
  );
}

function isPlausible(value: number, params: With): boolean {
  return !params.plausible || (value >= params.plausible[0] && value <= params.plausible[1]);
}
