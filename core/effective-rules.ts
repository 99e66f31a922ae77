/**
 * Which rules a device has and where each comes from: the defaults of its kind, then what the
 * community, the kind within it, and the device itself say otherwise; the more special word wins.
 */
import { z } from 'zod';
import type { Device, DeviceKind } from './device.ts';
import { type RuleSpec, ruleSpecSchema } from './rule.ts';
import { idSchema } from './text.ts';

export const RULE_SCOPES = ['community', 'kind', 'device'] as const;

export const ruleOverrideSchema = z.strictObject({
  scope: z.enum(RULE_SCOPES),
  /** Id of the community, the kind or the device. */
  id: idSchema,
  rule: ruleSpecSchema,
});
export type RuleOverride = z.infer<typeof ruleOverrideSchema>;

export interface EffectiveRule {
  rule: RuleSpec;
  from: 'default' | (typeof RULE_SCOPES)[number];
  /** What it replaces, the nearest first: shown as "inherited from". */
  instead: { rule: RuleSpec; from: EffectiveRule['from'] }[];
}

/** Overrides arranged for lookup. Key: `scope/id`. */
export type OverrideIndex = ReadonlyMap<string, readonly RuleSpec[]>;

export function indexOverrides(overrides: Iterable<RuleOverride>): OverrideIndex {
  const index = new Map<string, RuleSpec[]>();
  for (const { scope, id, rule } of overrides) {
    const key = `${scope}/${id}`;
    const list = index.get(key);
    if (list) list.push(rule);
    else index.set(key, [rule]);
  }
  return index;
}

/**
 * The rules of one device, disabled ones included. A rule of the same id replaces the one below it;
 * a new id adds a rule. The last override of one scope and id counts.
 */
export function effectiveRules(options: {
  device: Device;
  kind: Pick<DeviceKind, 'rules'> | undefined;
  overrides: OverrideIndex;
}): EffectiveRule[] {
  const { device, kind, overrides } = options;
  const found = new Map<string, EffectiveRule>();
  for (const rule of kind?.rules ?? []) found.set(rule.id, { rule, from: 'default', instead: [] });
  for (const scope of RULE_SCOPES) {
    const id = scope === 'community' ? device.communityId : scope === 'kind' ? device.kind : device.id;
    for (const rule of overrides.get(`${scope}/${id}`) ?? []) {
      const below = found.get(rule.id);
      const instead = below ? [{ rule: below.rule, from: below.from }, ...below.instead] : [];
      found.set(rule.id, { rule, from: scope, instead });
    }
  }
  return [...found.values()];
}
