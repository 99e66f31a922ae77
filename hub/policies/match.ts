/** Which alarms an entry of a policy is for: everything given must match. The first entry that does counts. */
import { z } from 'zod';
import type { Alarm } from '../../core/alarm.ts';
import { severitySchema } from '../../core/rule.ts';
import { idSchema } from '../../core/text.ts';

/** The id of a rule, or how it begins: `care-*` for the rules of all persons. */
const ruleNameSchema = z.union([
  idSchema,
  z.string().regex(/^[a-z0-9-]{1,63}\*$/, 'a rule id, or its beginning and *'),
]);

export const matchSchema = z.strictObject({
  communityIds: z.array(idSchema).optional(),
  kinds: z.array(idSchema).optional(),
  rules: z.array(ruleNameSchema).optional(),
  severities: z.array(severitySchema).optional(),
  lifeSafety: z.boolean().optional(),
});
type Match = z.infer<typeof matchSchema>;

export function matchesAlarm(match: Match, alarm: Alarm): boolean {
  return (
    (match.communityIds?.includes(alarm.communityId) ?? true) &&
    (match.kinds?.includes(alarm.kind) ?? true) &&
    (match.rules?.some((name) => isNamed(name, alarm.rule)) ?? true) &&
    (match.severities?.includes(alarm.severity) ?? true) &&
    (match.lifeSafety === undefined || match.lifeSafety === alarm.lifeSafety)
  );
}

function isNamed(name: string, rule: string): boolean {
  return name.endsWith('*') ? rule.startsWith(name.slice(0, -1)) : rule === name;
}
