/** Parameters of the rule type `state-mismatch`; what it does with them stands in edge/rules/state-mismatch.ts. */
import { z } from 'zod';
import {
  comparisonShape,
  matchSchema,
  namesSchema,
  ONE_COMPARISON,
  oneComparison,
  spanSchema,
} from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z
  .strictObject({
    ...comparisonShape,
    unlessEvent: namesSchema,
    unlessWhere: matchSchema.optional(),
    withinMs: spanSchema.default(10_000),
    /** The explanation may come a little after the change: messages overtake each other. */
    graceMs: spanSchema.default(2_000),
  })
  .refine(oneComparison, ONE_COMPARISON);
export type StateMismatchWith = z.infer<typeof schema>;

export default defineParameters<StateMismatchWith>({
  title: { zh: '状态不符', en: 'State mismatch' },
  summary: { zh: '状态出现却没有原因（门开了但无人通行）', en: 'a state comes about with nothing to explain it' },
  schema,
});
