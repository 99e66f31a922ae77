/** Parameters of the rule type `rate-of-change`; what it does with them stands in edge/rules/rate-of-change.ts. */
import { z } from 'zod';
import { fieldSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z
  .strictObject({
    field: fieldSchema,
    rise: z.number().positive().optional(),
    fall: z.number().positive().optional(),
    withinMs: spanSchema.min(1),
    /** Share of the limit below which it clears. */
    clearShare: z.number().min(0).max(1).default(0.5),
  })
  .refine((test) => test.rise !== undefined || test.fall !== undefined, { error: 'needs rise, fall or both' });
export type RateOfChangeWith = z.infer<typeof schema>;

export default defineParameters<RateOfChangeWith>({
  title: { zh: '变化率', en: 'Rate of change' },
  summary: { zh: '数值变化过快', en: 'a value moves too fast' },
  schema,
});
