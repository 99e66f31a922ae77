/**
 * Who is told of an alarm, who next when nobody acknowledges it, and how often they are reminded.
 * Data: the first chain that matches counts. Acknowledgement or the end of the alarm ends the chain.
 */
import { z } from 'zod';
import type { Alarm } from '../../core/alarm.ts';
import { roleSchema } from '../../core/role.ts';
import { idSchema, textSchema } from '../../core/text.ts';
import { calendarSchema } from './calendar.ts';
import { matchesAlarm, matchSchema } from './match.ts';

const spanMs = z
  .number()
  .int()
  .min(0)
  .max(7 * 24 * 3_600_000);

const targetSchema = z.discriminatedUnion('type', [
  /** Everybody of the role who may see the community. */
  z.strictObject({ type: z.literal('role'), role: roleSchema }),
  z.strictObject({ type: z.literal('person'), username: z.string().max(64) }),
  /** A group channel: a robot of the guard room, a siren. */
  z.strictObject({ type: z.literal('channel'), channelId: z.string().max(64) }),
]);
export type EscalationTarget = z.infer<typeof targetSchema>;

export const escalationPolicySchema = z
  .strictObject({
    calendars: z.record(idSchema, calendarSchema),
    chains: z
      .array(
        z.strictObject({
          match: matchSchema,
          steps: z
            .array(
              z.strictObject({
                title: textSchema,
                /** After the raise. */
                afterMs: spanMs,
                to: z.array(targetSchema).min(1).max(20),
                /** Told again this often until acknowledged or until the next step; absent: once. */
                repeatEveryMs: spanMs.min(30_000).optional(),
                /** On duty only in these hours: outside them the step is skipped, the next one holds. Never for life safety. */
                calendar: idSchema.optional(),
              }),
            )
            .min(1)
            .max(20),
        }),
      )
      .max(200),
  })
  .refine(
    ({ calendars, chains }) =>
      chains.every(({ steps }) => steps.every((step) => step.calendar === undefined || step.calendar in calendars)),
    { message: 'a step names a calendar that is not there' },
  )
  .refine(
    ({ chains }) =>
      chains.every(({ steps }) =>
        steps.every((step, index) => index === 0 || step.afterMs > (steps[index - 1]?.afterMs ?? 0)),
      ),
    { message: 'the steps of a chain come one after another: each needs a longer afterMs than the one before' },
  );
export type EscalationPolicy = z.infer<typeof escalationPolicySchema>;
export type EscalationChain = EscalationPolicy['chains'][number];

const MINUTE_MS = 60_000;
const role = (name: z.infer<typeof roleSchema>) => ({ type: 'role' as const, role: name });

/** guard → property → committee → street; a community with no company simply has nobody at its step. */
export const ESCALATION_POLICY: EscalationPolicy = {
  calendars: {},
  chains: [
    {
      match: { lifeSafety: true },
      steps: [
        { title: { zh: '保安', en: 'Guard' }, afterMs: 0, to: [role('guard')], repeatEveryMs: MINUTE_MS },
        {
          title: { zh: '物业', en: 'Property' },
          afterMs: 2 * MINUTE_MS,
          to: [role('guard'), role('property')],
          repeatEveryMs: MINUTE_MS,
        },
        {
          title: { zh: '居委会与街道值班', en: 'Committee and street duty' },
          afterMs: 5 * MINUTE_MS,
          to: [role('guard'), role('property'), role('committee'), role('street')],
          repeatEveryMs: 2 * MINUTE_MS,
        },
      ],
    },
    {
      // Somebody who asked to be looked after was not seen: the committee is told once, gently.
      match: { rules: ['care-*'] },
      steps: [{ title: { zh: '居委会', en: 'Committee' }, afterMs: 0, to: [role('committee')] }],
    },
    {
      match: { severities: ['critical', 'major'] },
      steps: [
        { title: { zh: '保安', en: 'Guard' }, afterMs: 0, to: [role('guard')], repeatEveryMs: 5 * MINUTE_MS },
        {
          title: { zh: '物业', en: 'Property' },
          afterMs: 10 * MINUTE_MS,
          to: [role('property')],
          repeatEveryMs: 10 * MINUTE_MS,
        },
        {
          title: { zh: '居委会', en: 'Committee' },
          afterMs: 30 * MINUTE_MS,
          to: [role('committee')],
          repeatEveryMs: 30 * MINUTE_MS,
        },
      ],
    },
    {
      match: { severities: ['minor'] },
      steps: [{ title: { zh: '保安', en: 'Guard' }, afterMs: 0, to: [role('guard')] }],
    },
  ],
};

export function chainOf(policy: EscalationPolicy, alarm: Alarm): EscalationChain | undefined {
  return policy.chains.find(({ match }) => matchesAlarm(match, alarm));
}
