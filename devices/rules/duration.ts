/** Parameters of the rule type `duration`; what it does with them stands in edge/rules/duration.ts. */
import { z } from 'zod';
import { comparisonShape, ONE_COMPARISON, oneComparison, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z
  .strictObject({ ...comparisonShape, forMs: spanSchema.min(1), clearForMs: spanSchema.default(0) })
  .refine(oneComparison, ONE_COMPARISON);
export type DurationWith = z.infer<typeof schema>;

export default defineParameters<DurationWith>({
  title: { zh: '持续', en: 'Duration' },
  summary: { zh: '某状态持续过久', en: 'a state lasts too long' },
  schema,
});
