/** What the street decides: which alarm becomes a work order, what is promised, who is told next. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { isPolicyId, POLICIES, type PolicyId } from '../policies/policies.ts';

const paramsSchema = z.strictObject({ id: z.enum(Object.keys(POLICIES) as [PolicyId, ...PolicyId[]]) });

const policies: RoutePlugin = async (app, { services }) => {
  const schema = { tags: ['policies'] };
  const access = ['street', 'admin'] as const;

  app.get(
    '/api/policies',
    { config: { access: 'signed-in' }, schema: { ...schema, summary: 'Every policy as it stands' } },
    async () => ({
      items: Object.keys(POLICIES)
        .filter(isPolicyId)
        .map((id) => ({ id, value: services.policies.get(id) })),
      nextCursor: null,
    }),
  );

  app.get(
    '/api/policies/:id',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'One policy, with the JSON Schema of its value', params: paramsSchema },
    },
    async ({ params: { id } }) => ({
      id,
      value: services.policies.get(id),
      schema: z.toJSONSchema(POLICIES[id].schema, { io: 'input', unrepresentable: 'any' }),
    }),
  );

  app.put(
    '/api/policies/:id',
    { config: { access }, schema: { ...schema, summary: 'Change a policy', params: paramsSchema } },
    async ({ params: { id }, body, viewer }) => {
      const parsed = POLICIES[id].schema.safeParse(body);
      if (!parsed.success)
        throw new AppError('unprocessable', 'the policy has faults; details name each', {
          details: parsed.error.issues.map(({ path, message }) => ({
            in: 'body',
            path: `/${path.join('/')}`,
            message,
          })),
        });
      await services.policies.set(id, parsed.data as never, viewer.username);
      await told(viewer.username, 'policy.changed', id);
      return { id, value: services.policies.get(id) };
    },
  );

  app.delete(
    '/api/policies/:id',
    { config: { access }, schema: { ...schema, summary: 'Back to the default', params: paramsSchema } },
    async ({ params: { id }, viewer }) => {
      await services.policies.reset(id);
      await told(viewer.username, 'policy.reset', id);
      return { id, value: services.policies.get(id) };
    },
  );

  async function told(username: string, action: string, id: string): Promise<void> {
    await services.audit.add({ actor: { type: 'person', id: username }, action, target: { type: 'policy', id } });
  }
};

export default policies;
