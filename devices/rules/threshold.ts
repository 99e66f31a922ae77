/** Parameters of the rule type `threshold`; what it does with them stands in edge/rules/threshold.ts. */
import { z } from 'zod';
import { severitySchema } from '../../core/rule.ts';
import { delayShape, fieldSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z
  .strictObject({
    field: fieldSchema,
    above: z.number().optional(),
    below: z.number().optional(),
    /** Back below this clears an `above`, back above this a `below`; or both at once by `hysteresis`. */
    clearBelow: z.number().optional(),
    clearAbove: z.number().optional(),
    hysteresis: z.number().nonnegative().default(0),
    ...delayShape,
    plausible: z.tuple([z.number(), z.number()]).optional(),
    /** Further limits at which the severity changes: `[{above: 95, severity: 'major'}]`. */
    worse: z
      .array(z.strictObject({ above: z.number().optional(), below: z.number().optional(), severity: severitySchema }))
      .max(4)
      .optional(),
  })
  .refine((test) => test.above !== undefined || test.below !== undefined, { error: 'needs above, below or both' })
  .refine((test) => test.clearBelow === undefined || (test.above !== undefined && test.clearBelow <= test.above), {
    error: 'clearBelow must not lie beyond above',
  })
  .refine((test) => test.clearAbove === undefined || (test.below !== undefined && test.clearAbove >= test.below), {
    error: 'clearAbove must not lie beyond below',
  });
export type ThresholdWith = z.infer<typeof schema>;

export default defineParameters<ThresholdWith>({
  title: { zh: '阈值', en: 'Threshold' },
  summary: { zh: '读数超出上限或下限', en: 'a reading is beyond a limit' },
  schema,
});
