/** Parameters of the rule type `boolean`; what it does with them stands in edge/rules/boolean.ts. */
import { z } from 'zod';
import { delayShape, type Leaf, leafSchema, PLACES } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

export type Expression = Leaf | { all: Expression[] } | { any: Expression[] } | { not: Expression };

const DEPTH_MAX = 6;

const expressionSchema: z.ZodType<Expression> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(expressionSchema).min(1).max(20) }),
    z.strictObject({ any: z.array(expressionSchema).min(1).max(20) }),
    z.strictObject({ not: expressionSchema }),
    leafSchema,
  ]),
);

const schema = z
  .strictObject({
    place: z.enum(PLACES).default('device'),
    when: expressionSchema,
    ...delayShape,
  })
  .refine(({ when }) => depthOf(when) <= DEPTH_MAX, { error: `nested deeper than ${DEPTH_MAX}` })
  .transform((params) => ({ ...params, leaves: leavesOf(params.when) }));
export type BooleanWith = z.infer<typeof schema>;

export default defineParameters<BooleanWith>({
  title: { zh: '组合条件', en: 'Boolean' },
  summary: { zh: '同一场所内多个条件的与、或、非', en: 'AND, OR and NOT over what devices of a place say' },
  schema,
});

function leavesOf(expression: Expression): Leaf[] {
  if ('all' in expression) return expression.all.flatMap(leavesOf);
  if ('any' in expression) return expression.any.flatMap(leavesOf);
  if ('not' in expression) return leavesOf(expression.not);
  return [expression];
}

function depthOf(expression: Expression): number {
  if ('all' in expression) return 1 + Math.max(...expression.all.map(depthOf));
  if ('any' in expression) return 1 + Math.max(...expression.any.map(depthOf));
  if ('not' in expression) return 1 + depthOf(expression.not);
  return 1;
}
