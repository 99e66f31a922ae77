/**
 * AND, OR and NOT over fields, events and devices of a place:
 * `{all: [{field: 'doorOpen', is: true}, {not: {event: 'pass', forMs: 60000}}]}`. A leaf is true when
 * any device of the place that it means says so. The place is the device alone unless said otherwise.
 */

import type { Leaf } from '../../core/rule-pieces.ts';
import parameters, { type Expression, type BooleanWith as With } from '../../devices/rules/boolean.ts';
import { nextEndAt, readsOf, type Truths, updateTruths } from '../alarms/leaves.ts';
import { type Level, levelOf, stepLevel } from '../alarms/level.ts';
import { defineRule, earliest } from '../alarms/rule-type.ts';

interface State {
  truths: Truths;
  level?: Level | undefined;
}

const NONE: Truths = {};

export default defineRule<With, State>({
  parameters,
  scope: 'zone',
  place: (params) => params.place,
  reads: (params) => readsOf(params.leaves),
  evaluate(input, state, params, context) {
    // Before anything was heard, NOT of the unknown is no alarm.
    if (!state && input.type !== 'observation' && input.type !== 'liveness') return { state };
    const truths = updateTruths(params.leaves, state?.truths ?? NONE, input, context.members);
    const indices = new Set(Object.keys(truths).map((key) => Number(key.slice(0, key.indexOf('/')))));
    const isTrue = holds(params.when, params.leaves, indices);
    const before = levelOf(state?.level, context.active, input.at);
    const delays = { onMs: params.onDelayMs, offMs: params.offDelayMs };
    const { level, turned, dueAt } = stepLevel(before, isTrue, input.at, delays);
    const devices = [...new Set(Object.keys(truths).map((key) => key.slice(key.indexOf('/') + 1)))].sort();
    return {
      state: truths === state?.truths && level === state?.level ? state : { truths, ...(level ? { level } : {}) },
      verdict:
        turned === 'active'
          ? { type: 'active', cause: { devices: devices.join(' ').slice(0, 500) } }
          : turned && { type: 'clear', reason: 'condition' },
      dueAt: earliest(dueAt, nextEndAt(truths)),
    };
  },
});

function holds(expression: Expression, leaves: readonly Leaf[], truths: ReadonlySet<number>): boolean {
  if ('all' in expression) return expression.all.every((part) => holds(part, leaves, truths));
  if ('any' in expression) return expression.any.some((part) => holds(part, leaves, truths));
  if ('not' in expression) return !holds(expression.not, leaves, truths);
  return truths.has(leaves.indexOf(expression));
}
