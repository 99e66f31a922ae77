/** Finds the rule types (one file each in edge/rules) and makes runnable rules of specs. */
import { fileURLToPath } from 'node:url';
import { StartError } from '../../core/errors.ts';
import type { RuleSpec } from '../../core/rule.ts';
import type { Place, RuleCommand } from '../../core/rule-pieces.ts';
import { scanDefinitions } from '../../core/scan.ts';
import { withCommon } from './common.ts';
import type { AnyRuleType } from './rule-type.ts';

export type RuleTypes = ReadonlyMap<string, AnyRuleType>;

export function loadRuleTypes(): Promise<RuleTypes> {
  return scanDefinitions<AnyRuleType>(fileURLToPath(new URL('../rules', import.meta.url)));
}

/** A rule ready to run: its parameters validated, what it reads looked up once. */
export interface CompiledRule {
  spec: RuleSpec;
  type: AnyRuleType;
  params: unknown;
  commands: readonly RuleCommand[];
  /** Undefined for a rule of one device. */
  place: Place | undefined;
  fields: readonly string[];
  allFields: boolean;
  events: ReadonlySet<string>;
  allEvents: boolean;
  liveness: boolean;
  /** Changes when type or parameters do: state of another shape is not carried over. */
  fingerprint: string;
}

/** Throws StartError with one line that names the rule and the fault. */
export function compileRule(spec: RuleSpec, types: RuleTypes): CompiledRule {
  const plain = types.get(spec.type);
  if (!plain) throw new StartError(`rule ${spec.id}: there is no rule type "${spec.type}" in edge/rules`);
  const { type, params, commands, problem } = withCommon(plain, spec.with);
  if (problem) throw new StartError(`rule ${spec.id} (${spec.type}): ${problem}`);
  const reads = type.reads(params);
  const fields = reads.fields ?? [];
  const events = new Set(reads.events ?? []);
  return {
    spec,
    type,
    params,
    commands,
    place: type.scope === 'zone' ? (type.place?.(params) ?? 'zone') : undefined,
    fields,
    allFields: fields.includes('*'),
    events,
    allEvents: events.has('*'),
    liveness: reads.liveness ?? false,
    fingerprint: fingerprintOf([spec.type, spec.with]),
  };
}

/** FNV-1a over the JSON: short, stable across restarts, good enough to tell two settings apart. */
function fingerprintOf(value: unknown): string {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(value)) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
