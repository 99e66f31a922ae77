/** Parameters of the rule type `voting`; what it does with them stands in edge/rules/voting.ts. */
import { z } from 'zod';
import { delayShape, leafSchema, PLACES } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z.strictObject({
  place: z.enum(PLACES).default('zone'),
  votes: z.array(leafSchema).min(1).max(20),
  need: z.number().int().min(2).max(100).default(2),
  distinct: z.enum(['vote', 'device']).default('vote'),
  ...delayShape,
});
export type VotingWith = z.infer<typeof schema>;

export default defineParameters<VotingWith>({
  title: { zh: '多源表决', en: 'Voting' },
  summary: { zh: '同一场所内足够多的信号一致', en: 'enough signals of one place agree' },
  schema,
});
