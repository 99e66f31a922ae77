/** Parameters of the rule type `event`; what it does with them stands in edge/rules/event.ts. */
import { z } from 'zod';
import { fieldSchema, matchSchema, namesSchema, spanSchema } from '../../core/rule-pieces.ts';
import { defineParameters } from '../rule-parameters.ts';

const schema = z.strictObject({
  event: namesSchema,
  /** Only raising events whose fields have these values. */
  where: matchSchema.optional(),
  /** Events that agree in this field are one occurrence: what comes later says more of it. */
  oneBy: fieldSchema.optional(),
  clearEvent: namesSchema.optional(),
  /** Only clearing events whose fields have these values. */
  clearWhere: matchSchema.optional(),
  clearAfterQuietMs: spanSchema.optional(),
});
export type EventWith = z.infer<typeof schema>;

export default defineParameters<EventWith>({
  title: { zh: '事件', en: 'Event' },
  summary: { zh: '设备自己报出的事件', en: 'the device itself calls it out' },
  ownsQuiet: true,
  schema,
});
