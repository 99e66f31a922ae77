/**
 * A planned time in which alarms of a place or kind are muted: maintenance, or a fire test. It has
 * an end, a reason and somebody who set it. Only alarms that are raised inside it are muted: what
 * burned before the test began goes on burning.
 */
import { z } from 'zod';
import type { Alarm } from './alarm.ts';
import { idSchema, instantSchema, noteSchema } from './text.ts';

export const muteWindowSchema = z.strictObject({
  id: idSchema,
  type: z.enum(['maintenance', 'fire-test']),
  fromAt: instantSchema,
  untilAt: instantSchema,
  reason: noteSchema,
  /** Username of who set it. */
  by: z.string().max(64),
  /** Everything given must match; a window that names nothing mutes the whole community. */
  match: z.strictObject({
    building: z.string().max(20).optional(),
    unit: z.string().max(20).optional(),
    zone: z.string().max(60).optional(),
    kinds: z.array(idSchema).max(50).optional(),
    deviceIds: z.array(idSchema).max(1_000).optional(),
    rules: z.array(idSchema).max(100).optional(),
  }),
});
export type MuteWindow = z.infer<typeof muteWindowSchema>;

export function isMutedBy(window: MuteWindow, alarm: Alarm, at: number): boolean {
  const { match } = window;
  return (
    at >= window.fromAt &&
    at < window.untilAt &&
    (match.building === undefined || match.building === alarm.location.building) &&
    (match.unit === undefined || match.unit === alarm.location.unit) &&
    (match.zone === undefined || match.zone === alarm.location.zone) &&
    (!match.kinds || match.kinds.includes(alarm.kind)) &&
    (!match.deviceIds || match.deviceIds.includes(alarm.deviceId)) &&
    (!match.rules || match.rules.includes(alarm.rule))
  );
}
