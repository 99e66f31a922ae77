/** Parameters of the rule type `absence`; what it does with them stands in edge/rules/absence.ts. */
import { z } from 'zod';
import { fieldSchema, matchSchema, namesSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z
  .strictObject({
    missing: z.enum(['device', 'telemetry', 'event']).default('device'),
    event: namesSchema.optional(),
    where: matchSchema.optional(),
    /** With telemetry: only a message that holds this field counts as heard. */
    field: fieldSchema.optional(),
    /** Of `device`: further patience after the gateway found it unreachable. */
    afterMs: spanSchema.default(0),
  })
  .refine((test) => test.missing === 'device' || test.afterMs > 0, { error: 'needs afterMs' });
export type AbsenceWith = z.infer<typeof schema>;

export default defineParameters<AbsenceWith>({
  title: { zh: '缺失', en: 'Absence' },
  summary: { zh: '设备、读数或事件该来而未来', en: 'a device, a reading or an event that should be heard is not' },
  schema,
});
