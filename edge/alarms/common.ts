/**
 * What every rule type can be told beside its own parameters:
 * - `only`: a calendar. The rule watches all the time but raises only inside it, and clears when it
 *   ends; a door that stands open when the night begins raises at that very minute;
 * - `clearAfterQuietMs`: it clears when the condition has not come again for so long;
 * - `commands`: what it has devices do at once when it raises.
 * A rule that says neither runs its bare type, at no cost.
 */

import type { Calendar, RuleCommand } from '../../core/rule-pieces.ts';
import { parseParameters, type RuleParameters } from '../../devices/rule-parameters.ts';
import { inCalendar, nextChangeAt } from './calendar.ts';
import type { AnyRuleType, Evaluation, RuleContext, RuleType, Verdict } from './rule-type.ts';

interface Params {
  inner: unknown;
  only?: Calendar | undefined;
  quietMs?: number | undefined;
}

interface State {
  inner: unknown;
  innerDueAt?: number;
  /** The verdict of the bare type, while it says active. */
  active?: Extract<Verdict, { type: 'active' }>;
  /** Whether the calendar was open when last looked at. */
  open?: boolean;
  changeAt?: number;
  quietAt?: number;
}

/** The type with its parameters, wrapped if `only` or `clearAfterQuietMs` asks for it, or what is wrong. */
export function withCommon(
  type: AnyRuleType,
  raw: Record<string, unknown>,
): { type: AnyRuleType; params: unknown; commands: RuleCommand[]; problem?: string } {
  const parsed = parseParameters(type.parameters, raw);
  if (!parsed.ok) {
    const problem = parsed.faults.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
    return { type, params: undefined, commands: [], problem: problem.join('; ') };
  }
  const { own, common } = parsed;
  const { only, commands } = common;
  const quietMs = type.parameters.ownsQuiet ? undefined : common.clearAfterQuietMs;
  if (!only && quietMs === undefined) return { type, params: own, commands };
  const params: Params = { inner: own, only, quietMs };
  return { type: wrap(type) as unknown as AnyRuleType, params, commands };
}

function wrap(type: AnyRuleType): RuleType<Params, State> {
  return {
    parameters: type.parameters as RuleParameters<Params>,
    scope: type.scope,
    place: (params) => type.place?.(params.inner) ?? 'zone',
    reads: (params) => type.reads(params.inner),
    evaluate(input, state, params, context) {
      const now = input.at;
      if (input.type !== 'due' || (state?.innerDueAt !== undefined && now >= state.innerDueAt))
        return step(type.evaluate(input, state?.inner, params.inner, context), { state, params, context, now });
      return step({ state: state?.inner, dueAt: state?.innerDueAt }, { state, params, context, now });
    },
  };
}

function step(
  inner: Evaluation<unknown>,
  { state, params, context, now }: { state: State | undefined; params: Params; context: RuleContext; now: number },
): Evaluation<State> {
  const said = inner.verdict;
  let active = said?.type === 'active' ? said : said?.type === 'clear' ? undefined : state?.active;
  let quietAt = active ? state?.quietAt : undefined;
  if (said?.type === 'active' && params.quietMs !== undefined) quietAt = now + params.quietMs;
  let reason: 'condition' | 'quiet' | 'event' = said?.type === 'clear' ? said.reason : 'condition';
  if (quietAt !== undefined && now >= quietAt) {
    active = undefined;
    quietAt = undefined;
    reason = 'quiet';
  }
  const open = params.only ? inCalendar(now, params.only) : true;
  // Only a standing condition waits for the calendar to open; outside it nothing else needs a timer.
  const changeAt = params.only && active ? nextChangeAt(now, params.only) : undefined;
  const opened = open && state?.open === false;

  let verdict: Verdict | undefined;
  if (active && open) verdict = said?.type === 'active' || opened || !context.active ? active : undefined;
  else if (context.active || said?.type === 'clear') verdict = { type: 'clear', reason };

  const next: State = { inner: inner.state };
  if (inner.dueAt !== undefined) next.innerDueAt = inner.dueAt;
  if (active) next.active = active;
  if (active && params.only) next.open = open;
  if (changeAt !== undefined) next.changeAt = changeAt;
  if (quietAt !== undefined) next.quietAt = quietAt;
  const dues = [next.innerDueAt, changeAt, quietAt].filter((due) => due !== undefined);
  return {
    state: isSame(state, next) ? state : isEmpty(next) ? undefined : next,
    verdict,
    dueAt: dues.length > 0 ? Math.min(...dues) : undefined,
  };
}

function isEmpty(state: State): boolean {
  return Object.values(state).every((value) => value === undefined);
}

function isSame(a: State | undefined, b: State): boolean {
  if (!a) return isEmpty(b);
  const keys = ['inner', 'innerDueAt', 'active', 'open', 'changeAt', 'quietAt'] as const;
  return keys.every((key) => a[key] === b[key]);
}
