/** Operation: is it alive, is it ready, what are its numbers. */
import { sql } from 'kysely';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { RoutePlugin } from '../plugins/app.ts';

const health: RoutePlugin = async (app, { services }) => {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: { tags: ['operation'], response: { 200: z.object({ ok: z.literal(true) }) } },
    },
    async () => ({ ok: true as const }),
  );

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: { tags: ['operation'], response: { 200: z.object({ ok: z.literal(true) }) } },
    },
    async () => {
      try {
        await sql`select 1`.execute(services.records.db);
        await services.series.ping();
      } catch (error) {
        services.log.warn({ err: error }, 'not ready');
        const problem = await services.disk.whyFailed(error);
        throw new AppError('unavailable', problem ?? 'a store does not answer', { cause: error });
      }
      if (services.disk.problem !== undefined) throw new AppError('unavailable', services.disk.problem);
      return { ok: true as const };
    },
  );

  app.get('/metrics', { config: { access: 'public' }, schema: { tags: ['operation'] } }, async (_request, reply) => {
    reply.type(services.metrics.registry.contentType);
    return services.metrics.registry.metrics();
  });
};

export default health;
