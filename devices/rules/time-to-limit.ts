/** Parameters of the rule type `time-to-limit`; what it does with them stands in edge/rules/time-to-limit.ts. */
import { z } from 'zod';
import { fieldSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z.strictObject({
  field: fieldSchema,
  /** The value that must not be reached. */
  limit: z.number(),
  direction: z.enum(['up', 'down']).default('up'),
  withinMs: spanSchema.min(1),
  /** How much of the past makes the trend. */
  windowMs: spanSchema.min(1).default(6 * 3_600_000),
  /** No prophecy from less of the past than this. */
  pastMsMin: spanSchema.default(3_600_000),
  /** How well the line must fit, 0 to 1 (share of the variance explained). */
  fitMin: z.number().min(0).max(1).default(0.5),
  resetBy: z.number().positive(),
});
export type TimeToLimitWith = z.infer<typeof schema>;

export default defineParameters<TimeToLimitWith>({
  title: { zh: '预计到限', en: 'Time to limit' },
  summary: { zh: '按趋势即将到达限值（垃圾桶快满）', en: 'the trend reaches a limit soon' },
  schema,
});
