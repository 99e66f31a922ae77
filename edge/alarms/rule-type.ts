/**
 * What a rule type is: a schema of its parameters and a pure evaluation over its own small,
 * serialisable state. Types live one file each in edge/rules; the file name is the `type` of a
 * RuleSpec. In comes what a device said or a due time; out goes the next state, a verdict, and when
 * the rule wants to be asked again although nobody speaks.
 */
import type { Device } from '../../core/device.ts';
import type { Liveness, Observation, Value } from '../../core/reading.ts';
import type { Severity } from '../../core/rule.ts';
import type { Place } from '../../core/rule-pieces.ts';
import type { RuleParameters } from '../../devices/rule-parameters.ts';

/** `at` is always the gateway's clock (receive time, or exactly the due time), so it never runs backwards. */
export type RuleInput =
  /** The rule begins to watch: a new device, a new or changed rule. `active`: its alarm stands already. */
  | { type: 'start'; at: number; active: boolean; device: Device }
  | { type: 'observation'; at: number; observation: Observation; device: Device }
  | { type: 'liveness'; at: number; liveness: Liveness; device: Device }
  /** The span asked for by `dueAt` is over; `at` is that very instant, however late the caller comes. */
  | {
      type: 'due';
      at: number;
      /** It fell into a time when the gateway was down; this is when it came back. Silence proves nothing then. */
      resumedAt?: number;
    };

export type Cause = Record<string, Value>;

export type Verdict =
  | {
      type: 'active';
      /** The reading or event behind it, as shown to people. */
      cause?: Cause;
      /** When it differs from the rule's own. */
      severity?: Severity;
      /** True for something that happened once more (an event); a level that goes on is not counted. */
      occurrence?: boolean;
      /** True for what completes the last occurrence: it is told at once, and does not count. */
      isMore?: boolean;
    }
  | { type: 'clear'; reason: 'condition' | 'quiet' | 'event' };

export interface Evaluation<State> {
  /** The same reference when nothing changed, so that nothing is written; undefined forgets. */
  state: State | undefined;
  /** Nothing when the rule has no opinion; a verdict that repeats the present condition is harmless. */
  verdict?: Verdict | undefined;
  /** Asks for a `due` input at this instant; replaces the earlier one; absent cancels it. */
  dueAt?: number | undefined;
}

export interface RuleContext {
  /** The device of the rule; for a zone rule, the first device (by id) of the place that carries it. */
  device: Device;
  /** Whether the condition of this rule's alarm is active now. */
  active: boolean;
  /** Devices of the rule's place, the own one included; of a device rule, only that one. */
  members: readonly Device[];
}

/** What an evaluation looks at, so that the engine asks only the rules that care. */
export interface Reads {
  fields?: readonly string[];
  /** Event types; `*` for all. */
  events?: readonly string[];
  liveness?: boolean;
}

export interface RuleType<With, State> {
  /** Of the same name in devices/rules. */
  parameters: RuleParameters<With>;
  /** A device rule has one state per device; a zone rule one per place, fed by every device of it. */
  scope: 'device' | 'zone';
  /** Of a zone rule: which part of the location makes the place. */
  place?(params: With): Place;
  reads(params: With): Reads;
  evaluate(input: RuleInput, state: State | undefined, params: With, context: RuleContext): Evaluation<State>;
}

/** A rule type whose parameters and state only its own file knows. */
export type AnyRuleType = RuleType<unknown, unknown>;

/** Declares a rule type: checks it against its own parameter and state types, then hides them. */
export function defineRule<With, State>(type: RuleType<With, State>): AnyRuleType {
  return type as unknown as AnyRuleType;
}

/** The earliest of some due times. */
export function earliest(...dues: (number | undefined)[]): number | undefined {
  const set = dues.filter((due) => due !== undefined);
  return set.length > 0 ? Math.min(...set) : undefined;
}
