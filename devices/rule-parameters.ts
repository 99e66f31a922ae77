/**
 * What a rule may be told: the parameters of its type (one file each in devices/rules) and those that
 * every type has. In: `with` of a RuleSpec. Out: typed parameters, or what is wrong with which of
 * them. The hub checks a rule with this before it keeps it, the gateway before it runs it.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { DeviceKind } from '../core/device.ts';
import type { RuleSpec } from '../core/rule.ts';
import { calendarSchema, commandSchema, spanSchema } from '../core/rule-pieces.ts';
import { scanDefinitions } from '../core/scan.ts';
import type { Text } from '../core/text.ts';

export interface RuleParameters<With = unknown> {
  title: Text;
  /** When such a rule raises. */
  summary: Text;
  /** Validates `with`; defaults are filled in here. */
  schema: z.ZodType<With>;
  /** How the id of such a rule begins, so that policies know it whoever it is for. */
  idPrefix?: string;
  /** The type has a `clearAfterQuietMs` of its own; for all others the engine adds it. */
  ownsQuiet?: boolean;
}

/** Keeps the type of the parameters; the scan sees all as RuleParameters. */
export function defineParameters<With>(parameters: RuleParameters<With>): RuleParameters<With> {
  return parameters;
}

export function loadRuleParameters(): Promise<ReadonlyMap<string, RuleParameters>> {
  return scanDefinitions<RuleParameters>(join(import.meta.dirname, 'rules'));
}

export const commonSchema = z.strictObject({
  only: calendarSchema.optional(),
  clearAfterQuietMs: spanSchema.optional(),
  commands: z.array(commandSchema).max(10).default([]),
});
export type CommonParameters = z.infer<typeof commonSchema>;

export interface ParameterFault {
  /** Within `with`. */
  path: string[];
  message: string;
}

export function parseParameters<With>(
  type: RuleParameters<With>,
  raw: Record<string, unknown>,
): { ok: true; own: With; common: CommonParameters } | { ok: false; faults: ParameterFault[] } {
  const { only, clearAfterQuietMs, commands, ...own } = raw;
  const common = commonSchema.safeParse({ only, clearAfterQuietMs, commands });
  // A type that knows the quiet time itself (event) is handed it.
  const hasOwnQuiet = type.ownsQuiet === true && clearAfterQuietMs !== undefined;
  const parsed = type.schema.safeParse(hasOwnQuiet ? { ...own, clearAfterQuietMs } : own);
  if (common.success && parsed.success) return { ok: true, own: parsed.data, common: common.data };
  const faults = [common.error, parsed.error].flatMap((error) => error?.issues ?? []);
  return {
    ok: false,
    faults: faults.map(({ path, message, ...more }) => ({ path: pathOf(path, more), message })),
  };
}

/** Of a key that is not known, zod names the object around it. */
function pathOf(path: PropertyKey[], issue: object): string[] {
  const [unknown] = 'keys' in issue && Array.isArray(issue.keys) ? (issue.keys as string[]) : [];
  return [...path, ...(unknown === undefined ? [] : [unknown])].map(String);
}

/**
 * What is wrong with a rule, by JSON Pointer from the rule on; empty when it can run. With the kind
 * of the devices it is for, also whether that kind has what the rule reads.
 */
export function faultsOfRule(
  rule: RuleSpec,
  types: ReadonlyMap<string, RuleParameters>,
  kind?: Pick<DeviceKind, 'fields' | 'events'>,
): { path: string; message: string }[] {
  const type = types.get(rule.type);
  if (!type)
    return [
      { path: '/type', message: `there is no rule type "${rule.type}": give one of ${[...types.keys()].join(', ')}` },
    ];
  const { idPrefix } = type;
  if (idPrefix !== undefined && !rule.id.startsWith(idPrefix))
    return [{ path: '/id', message: `the id of a rule of type ${rule.type} begins with ${idPrefix}` }];
  const parsed = parseParameters(type, rule.with);
  if (!parsed.ok) return parsed.faults.map(({ path, message }) => ({ path: ['/with', ...path].join('/'), message }));
  return kind ? strangersOf(parsed.own, kind) : [];
}

/** Fields that all kinds have beside their own. */
const COMMON_FIELDS = ['batteryPercent', 'rssiDbm'];

/** What a rule of one device names and its kind does not say. A rule of a place may look at its neighbours. */
function strangersOf(own: unknown, { fields, events }: Pick<DeviceKind, 'fields' | 'events'>) {
  const { field, event, place } = own as { field?: string; event?: string[]; place?: string };
  if (place !== undefined && place !== 'device') return [];
  const faults: { path: string; message: string }[] = [];
  const known = [...Object.keys(fields), ...COMMON_FIELDS];
  if (field !== undefined && !known.includes(field))
    faults.push({ path: '/with/field', message: `the kind has no field "${field}": give one of ${known.join(', ')}` });
  for (const name of event ?? [])
    if (!(name in events) && name !== '*')
      faults.push({
        path: '/with/event',
        message: `the kind has no event "${name}": give one of ${Object.keys(events).join(', ')}`,
      });
  return faults;
}
