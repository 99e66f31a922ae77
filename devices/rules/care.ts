/** Parameters of the rule type `care`; what it does with them stands in edge/rules/care.ts. */
import { z } from 'zod';
import { spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z.strictObject({
  /** The person said yes, and may take it back: then the rule is removed. */
  consent: z.literal(true),
  /** The pseudonym that the access system puts into `personRef`. */
  personRef: z.string().min(1).max(64),
  afterMs: spanSchema.min(3_600_000).default(24 * 3_600_000),
});
export type CareWith = z.infer<typeof schema>;

export default defineParameters<CareWith>({
  title: { zh: '独居关怀', en: 'Care' },
  summary: {
    zh: '登记本人同意后，长时间未出门则温和提醒居委会',
    en: 'somebody who asked for it was not seen for a while',
  },
  idPrefix: 'care-',
  schema,
});
