/** Parameters of the rule type `slope`; what it does with them stands in edge/rules/slope.ts. */
import { z } from 'zod';
import { fieldSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const HOUR_MS = 3_600_000;

const schema = z
  .strictObject({
    field: fieldSchema,
    fallPerHour: z.number().positive().optional(),
    risePerHour: z.number().positive().optional(),
    windowMs: spanSchema.min(1).default(3 * HOUR_MS),
    pastMsMin: spanSchema.default(HOUR_MS),
    fitMin: z.number().min(0).max(1).default(0.8),
    onDelayMs: spanSchema.default(0),
    /** Share of the limit below which it clears. */
    clearShare: z.number().min(0).max(1).default(0.5),
  })
  .refine((test) => test.fallPerHour !== undefined || test.risePerHour !== undefined, {
    error: 'needs fallPerHour, risePerHour or both',
  });
export type SlopeWith = z.infer<typeof schema>;

export default defineParameters<SlopeWith>({
  title: { zh: '斜率', en: 'Slope' },
  summary: { zh: '数值持续稳定地升或降（渗漏）', en: 'a value falls or rises steadily (a leak)' },
  schema,
});
