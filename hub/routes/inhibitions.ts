/** Which alarms mute which: the defaults, what a community changes of them, and its own. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { INHIBITIONS_MAX, inhibitionSchema, SHARED } from '../../core/inhibition.ts';
import type { Role } from '../../core/role.ts';
import { idSchema } from '../../core/text.ts';
import { createRules } from '../alarms/rules.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { bodyFault } from '../plugins/errors.ts';
import { assertCommunity, OPERATIONS } from '../plugins/viewer.ts';

const TUNE: readonly Role[] = ['property', 'street', 'admin'];

const listSchema = z.object({
  items: z.array(
    z.object({
      inhibition: z.looseObject({ id: z.string(), same: z.enum(SHARED) }),
      from: z.enum(['default', 'community']),
      enabled: z.boolean(),
      changedAt: z.number().nullable(),
      changedBy: z.string().nullable(),
    }),
  ),
  nextCursor: z.null(),
});

const inhibitions: RoutePlugin = async (app, { services }) => {
  const rules = createRules(services);
  const tags = ['rules'];
  const listed = async (communityId: string) => ({ items: await rules.inhibitions(communityId), nextCursor: null });

  app.get(
    '/api/inhibitions',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'Which alarms mute which in a community, and where each rule comes from',
        querystring: z.strictObject({ communityId: idSchema }),
        response: { 200: listSchema },
      },
    },
    async ({ viewer, query: { communityId } }) => {
      assertCommunity(viewer, communityId);
      return listed(communityId);
    },
  );

  app.put(
    '/api/inhibitions',
    {
      config: { access: TUNE },
      schema: {
        tags,
        summary:
          'Add or change one by its id; `enabled: false` switches it off. Life safety is never muted by another alarm',
        body: z.strictObject({
          communityId: idSchema,
          inhibition: inhibitionSchema,
          enabled: z.boolean().default(true),
        }),
        response: { 200: listSchema },
      },
    },
    async ({ viewer, body: { communityId, inhibition, enabled } }) => {
      assertCommunity(viewer, communityId);
      const { when, mutes } = inhibition;
      if (Object.values(when).every((names) => names === undefined || names.length === 0))
        throw bodyFault('/inhibition/when', 'name what mutes: rules, kinds or severities');
      if (Object.values(mutes).every((names) => names === undefined || names.length === 0))
        throw bodyFault('/inhibition/mutes', 'name what is muted: rules, kinds or severities');
      const known = await rules.inhibitions(communityId);
      if (known.length >= INHIBITIONS_MAX && !known.some((one) => one.inhibition.id === inhibition.id))
        throw new AppError('conflict', `at most ${INHIBITIONS_MAX} inhibition rules: remove one first`);
      await rules.setInhibition(communityId, { inhibition, enabled }, viewer.username);
      await told(viewer.username, 'inhibition.set', communityId, inhibition.id);
      return listed(communityId);
    },
  );

  app.delete(
    '/api/inhibitions',
    {
      config: { access: TUNE },
      schema: {
        tags,
        summary: 'Back to the default, or to none',
        querystring: z.strictObject({ communityId: idSchema, id: idSchema }),
        response: { 200: listSchema },
      },
    },
    async ({ viewer, query: { communityId, id } }) => {
      assertCommunity(viewer, communityId);
      if (!(await rules.removeInhibition(communityId, id)))
        throw new AppError('not-found', 'the community has said nothing about this inhibition rule');
      await told(viewer.username, 'inhibition.reset', communityId, id);
      return listed(communityId);
    },
  );

  async function told(username: string, action: string, communityId: string, id: string): Promise<void> {
    const target = { type: 'inhibition', id };
    await services.audit.add({ actor: { type: 'person', id: username }, action, target, communityId });
  }
};

export default inhibitions;
