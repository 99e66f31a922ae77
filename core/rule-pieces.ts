/** Pieces that the parameter schemas of several rule types (devices/rules) share. */
import { z } from 'zod';
import type { Value } from './reading.ts';
import { idSchema } from './text.ts';

/** The zone of all communities; a calendar may name another. */
export const ZONE = 'Asia/Shanghai';

/** A span in milliseconds, a year at most. */
export const spanSchema = z
  .number()
  .int()
  .nonnegative()
  .max(366 * 24 * 3_600_000);

/** A level must hold so long before it raises, and be gone so long before it clears (ISA-18.2 on-delay, off-delay). */
export const delayShape = { onDelayMs: spanSchema.default(0), offDelayMs: spanSchema.default(0) };

export const fieldSchema = z.string().min(1).max(64);

export const plainSchema = z.union([z.number(), z.boolean(), z.string().max(200)]);

/** Fields of an event that must have one of these values: `{result: 'denied', method: ['card', 'qr']}`. */
export const matchSchema = z.record(fieldSchema, z.union([plainSchema, z.array(plainSchema).min(1).max(50)]));
export type Match = z.infer<typeof matchSchema>;

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

/** How far a zone rule sees: devices that share this part of their location form one place. */
export const PLACES = ['device', 'zone', 'room', 'floor', 'unit', 'building', 'community'] as const;
export type Place = (typeof PLACES)[number];

const scope = { kind: idSchema.optional(), device: idSchema.optional() };

/**
 * A leaf of rules that look at several things at once: a comparison on a field, an event that counts
 * for a while or until its end, a device that cannot be reached. It may be limited to one kind or one
 * device; without, it looks at every device of the place.
 */
export const leafSchema = z.union([
  z.strictObject({ ...scope, ...comparisonShape }).refine(oneComparison, ONE_COMPARISON),
  z
    .strictObject({
      ...scope,
      event: namesSchema,
      where: matchSchema.optional(),
      clearEvent: namesSchema.optional(),
      /** How long the event counts when nothing ends it. */
      forMs: spanSchema.optional(),
    })
    .refine((leaf) => leaf.clearEvent || leaf.forMs !== undefined, { error: 'an event needs clearEvent or forMs' }),
  z.strictObject({ ...scope, liveness: z.literal('unavailable') }),
]);
export type Leaf = z.infer<typeof leafSchema>;

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
