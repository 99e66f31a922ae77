/**
 * The rules that differ from the kinds' defaults: those of the gateway's own file, and over them those
 * that the hub pushed. A set with a rule that cannot run is not taken: the last good one runs on, and
 * whoever sent it is told which rule and why.
 */
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { RuleOverride } from '../core/effective-rules.ts';
import type { Heartbeat } from '../core/envelope.ts';
import { StartError } from '../core/errors.ts';
import { compileRule, type RuleTypes } from './alarms/rule-types.ts';
import type { Work } from './outbox/work.ts';
import type { Store } from './store.ts';

export interface RuleSets {
  /** What is to run. */
  all(): RuleOverride[];
  take(pushed: { version: number; overrides: RuleOverride[] }, work: Work): void;
  /** Why the file's rules cannot run, if so; then nothing changes. */
  setFile(rules: RuleOverride[]): string | undefined;
  report(): NonNullable<Heartbeat['rules']>;
}

export function openRuleSets(options: {
  file: RuleOverride[];
  store: Pick<Store, 'rules' | 'put'>;
  ruleTypes: RuleTypes;
  clock: Clock;
  log: Logger;
  onChange(overrides: RuleOverride[]): void;
}): RuleSets {
  const { store, ruleTypes, clock, log, onChange } = options;
  let file = options.file;
  let stored = store.rules();
  const fault = ruleFault(file, ruleTypes);
  if (fault !== undefined) throw new StartError(`rules: ${fault}`);

  const all = () => [...file, ...stored.overrides];
  return {
    all,
    take({ version, overrides }, work) {
      const reason = ruleFault(overrides, ruleTypes);
      const next =
        reason === undefined ? { version, overrides } : { ...stored, refused: { version, reason, at: clock.now() } };
      stored = next;
      work.write(() => store.put('rules', next));
      if (reason === undefined) work.after(() => onChange(all()));
      else log.error({ version, reason }, 'pushed rules are refused, the ones before run on');
    },
    setFile(rules) {
      const reason = ruleFault(rules, ruleTypes);
      if (reason !== undefined) return reason;
      file = rules;
      onChange(all());
      return undefined;
    },
    report: () => ({ version: stored.version, ...(stored.refused ? { refused: stored.refused } : {}) }),
  };
}

function ruleFault(overrides: readonly RuleOverride[], types: RuleTypes): string | undefined {
  for (const { rule } of overrides) {
    if (rule.enabled === false) continue;
    try {
      compileRule(rule, types);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      return error.message.slice(0, 500);
    }
  }
  return undefined;
}
