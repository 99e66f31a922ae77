/** Pieces that the parameter schemas of several rule types share. */
import { z } from 'zod';
import type { Observation, Value } from '../../core/reading.ts';
import { idSchema } from '../../core/text.ts';
import { ZONE } from './local-time.ts';
import { type Cause, PLACES } from './rule-type.ts';

/** A span in milliseconds, a year at most. */
export const spanSchema = z
  .number()
  .int()
  .nonnegative()
  .max(366 * 24 * 3_600_000);

export const fieldSchema = z.string().min(1).max(64);

const plainSchema = z.union([z.number(), z.boolean(), z.string().max(200)]);

/** Fields of an event that must have one of these values: `{result: 'denied', method: ['card', 'qr']}`. */
export const matchSchema = z.record(fieldSchema, z.union([plainSchema, z.array(plainSchema).min(1).max(50)]));
export type Match = z.infer<typeof matchSchema>;

export function matches(fields: Record<string, unknown>, match: Match | undefined): boolean {
  if (!match) return true;
  return Object.entries(match).every(([field, wanted]) => {
    const value = fields[field] as Value;
    return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
  });
}

/** One name or several. */
export const namesSchema = z
  .union([fieldSchema, z.array(fieldSchema).min(1).max(20)])
  .transform((names) => (Array.isArray(names) ? names : [names]));

/** One reading against a limit or a value, as keys of a schema; `oneComparison` checks that there is exactly one. */
export const comparisonShape = {
  field: fieldSchema,
  above: z.number().optional(),
  below: z.number().optional(),
  is: plainSchema.optional(),
  isNot: plainSchema.optional(),
};
export interface Comparison {
  field: string;
  above?: number | undefined;
  below?: number | undefined;
  is?: Value | undefined;
  isNot?: Value | undefined;
}

export function oneComparison(test: Comparison): boolean {
  return [test.above, test.below, test.is, test.isNot].filter((one) => one !== undefined).length === 1;
}
export const ONE_COMPARISON = { error: 'needs exactly one of above, below, is, isNot' };

/** Whether the value satisfies the comparison; a value of the wrong type never does. */
export function compare(value: Value, test: Comparison): boolean {
  if (test.above !== undefined) return typeof value === 'number' && value > test.above;
  if (test.below !== undefined) return typeof value === 'number' && value < test.below;
  if (test.is !== undefined) return value === test.is;
  return value !== test.isNot;
}

/** What people see as the cause: the plain fields of an event, or the values of a telemetry message. */
export function causeOf(observation: Observation): Cause {
  if (observation.channel === 'telemetry') return { ...observation.values };
  const cause: Cause = { event: observation.type };
  for (const [field, value] of Object.entries(observation.fields)) {
    if (typeof value === 'number' || typeof value === 'boolean') cause[field] = value;
    else if (typeof value === 'string') cause[field] = value.slice(0, 500);
  }
  return cause;
}

/** What an alarm has done at once, with no hub: sound the siren, unlock the gates of the building. */
export const commandSchema = z.strictObject({
  /** To devices of this kind, or to this one; of the place of the alarm's device. */
  kind: idSchema.optional(),
  device: idSchema.optional(),
  place: z.enum(PLACES).default('building'),
  name: z.string().min(1).max(64),
  args: z.record(fieldSchema, plainSchema).default({}),
  /** Later than this it is worthless. */
  withinMs: spanSchema.min(1).default(60_000),
});
export type RuleCommand = z.infer<typeof commandSchema>;

const DAY_MS = 24 * 3_600_000;

const timeOfDaySchema = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day is HH:MM')
  .transform((text) => ((Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * 60_000) % DAY_MS);

/** A daily span in local time, on some weekdays (1 is Monday); across midnight when `from` is after `to`. */
export const calendarSchema = z
  .strictObject({
    from: timeOfDaySchema.default(0),
    to: timeOfDaySchema.default(0),
    weekdays: z.array(z.number().int().min(1).max(7)).min(1).optional(),
    timeZone: z.string().max(60).default(ZONE).refine(isTimeZone, 'no such time zone'),
  })
  .transform(({ from, to, weekdays, timeZone }) => ({ fromMs: from, toMs: to, weekdays, timeZone }));
export type Calendar = z.infer<typeof calendarSchema>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with parameters, in one line. */
export function problemText(error: z.ZodError): string {
  return z.prettifyError(error).replaceAll('\n', ' ');
}
