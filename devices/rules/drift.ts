/** Parameters of the rule type `drift`; what it does with them stands in edge/rules/drift.ts. */
import { z } from 'zod';
import { fieldSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const DAY_MS = 24 * 3_600_000;

const schema = z
  .strictObject({
    field: fieldSchema,
    above: z.number().optional(),
    below: z.number().optional(),
    hysteresis: z.number().nonnegative().default(0),
    /** Readings outside are events, not rest. */
    quiet: z.tuple([z.number(), z.number()]).optional(),
    overMs: spanSchema.min(1).default(7 * DAY_MS),
  })
  .refine((test) => test.above !== undefined || test.below !== undefined, { error: 'needs above, below or both' });
export type DriftWith = z.infer<typeof schema>;

export default defineParameters<DriftWith>({
  title: { zh: '漂移', en: 'Drift' },
  summary: { zh: '传感器静息值缓慢偏移', en: 'the resting value of a sensor creeps away' },
  schema,
});
