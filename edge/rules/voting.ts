/**
 * Several words for one thing: so many votes of one place at the same time make it sure (two
 * detectors of one zone, or smoke and temperature of one detector, make a confirmed fire). A vote is
 * one leaf of one device; `distinct: 'device'` counts each device once however much it says.
 */

import parameters, { type VotingWith as With } from '../../devices/rules/voting.ts';
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
  reads: (params) => readsOf(params.votes),
  evaluate(input, state, params, context) {
    const truths = updateTruths(params.votes, state?.truths ?? NONE, input, context.members);
    const keys = Object.keys(truths);
    const devices = new Set(keys.map((key) => key.slice(key.indexOf('/') + 1)));
    const votes = params.distinct === 'device' ? devices.size : keys.length;
    const before = levelOf(state?.level, context.active, input.at);
    const delays = { onMs: params.onDelayMs, offMs: params.offDelayMs };
    const { level, turned, dueAt } = stepLevel(before, votes >= params.need, input.at, delays);
    const isSame = truths === state?.truths && level === state?.level;
    return {
      state: isSame ? state : keys.length === 0 && !level ? undefined : { truths, ...(level ? { level } : {}) },
      verdict:
        turned === 'active'
          ? { type: 'active', cause: { votes, devices: [...devices].sort().join(' ').slice(0, 500) } }
          : turned && { type: 'clear', reason: 'condition' },
      dueAt: earliest(dueAt, nextEndAt(truths)),
    };
  },
});
