/** Parameters of the rule type `count-in-window`; what it does with them stands in edge/rules/count-in-window.ts. */
import { z } from 'zod';
import { comparisonShape, matchSchema, namesSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const { field, ...comparisons } = comparisonShape;

const schema = z
  .strictObject({
    event: namesSchema.optional(),
    where: matchSchema.optional(),
    field: field.optional(),
    ...comparisons,
    count: z.number().int().min(2).max(1_000),
    withinMs: spanSchema.min(1),
    clearAfterQuietMs: spanSchema.optional(),
  })
  .refine((test) => (test.event === undefined) !== (test.field === undefined), {
    error: 'needs either event or field',
  });
export type CountInWindowWith = z.infer<typeof schema>;

export default defineParameters<CountInWindowWith>({
  title: { zh: '窗口计数', en: 'Count in a window' },
  summary: { zh: '一段时间内发生次数过多', en: 'it happens too often in a span' },
  ownsQuiet: true,
  schema,
});
