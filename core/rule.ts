/**
 * An alarm rule as data. Its `type` names a file in devices/rules, which holds the schema of `with`,
 * and one in edge/rules with the pure evaluation; this file knows no type.
 */
import { z } from 'zod';
import { idSchema, textSchema } from './text.ts';

export const SEVERITIES = ['critical', 'major', 'minor', 'notice'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

/** Lower is worse, for sorting. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export const ruleSpecSchema = z.strictObject({
  id: idSchema,
  /** File name in edge/rules: threshold, event, absence, … */
  type: idSchema,
  severity: severitySchema,
  title: textSchema,
  /** What the guard should do; an alarm that needs no response is an event. */
  response: textSchema.optional(),
  /** Life-safety alarms are never folded by a flood, never subject to quiet hours. */
  lifeSafety: z.boolean().optional(),
  /** Stays active until a person resets it, even when the condition has gone (fire). */
  latch: z.boolean().optional(),
  /** False turns the rule off for this kind, community or device. */
  enabled: z.boolean().optional(),
  /** Parameters of the type, validated by its schema in devices/rules. */
  with: z.record(z.string(), z.unknown()),
});

export type RuleSpec = z.infer<typeof ruleSpecSchema>;
