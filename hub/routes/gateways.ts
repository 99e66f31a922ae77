/** Gateways: the state of their links, what they lost, and their enrolment. */
import { z } from 'zod';
import { LANES } from '../../core/envelope.ts';
import { AppError } from '../../core/errors.ts';
import { newSecret } from '../../core/ids.ts';
import { hashSecret } from '../../core/secret.ts';
import { idSchema } from '../../core/text.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { behindCursor, cutPage, instantQuery, pageOf, pageQuery } from '../plugins/lists.ts';
import { listScope, OPERATIONS, seenOr404 } from '../plugins/viewer.ts';
import { assertCommunityExists, insertGateway } from '../uplink/enrol.ts';
import { gatewayItem } from '../uplink/gateways.ts';

const itemSchema = z
  .object({
    id: z.string(),
    communityId: z.string(),
    name: z.string(),
    link: z.enum(['never', 'up', 'down']),
    heardAt: z.number().nullable(),
    lastAckedAt: z.number().nullable(),
    lastAckedSeq: z.record(z.string(), z.number()),
    lagSeconds: z.number().nullable(),
    clockSkewMs: z.number().nullable(),
    backlog: z.looseObject({ batches: z.number(), bytes: z.number() }),
    evicted: z.number(),
    deadLetters: z.number(),
  })
  .loose();
const gapSchema = z.object({
  id: z.string(),
  gatewayId: z.string(),
  communityId: z.string(),
  lane: z.enum(LANES),
  deviceId: z.string(),
  fromAt: z.number(),
  toAt: z.number(),
  count: z.number(),
  reason: z.string(),
  storedAt: z.number(),
});
const secretSchema = z.strictObject({ id: z.string(), secret: z.string() });

const gateways: RoutePlugin = async (app, { services }) => {
  const { records, clock, audit } = services;
  const tags = ['gateways'];
  const params = z.object({ id: z.string().max(64) });

  app.get(
    '/api/gateways',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'Link state, last acknowledged sequence, lag in seconds, backlog, what was evicted',
        querystring: z.strictObject({ communityId: idSchema.optional() }),
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request) => {
      const scope = listScope(request.viewer, request.query.communityId);
      const items = services.gateways
        .list()
        .filter((gateway) => scope?.includes(gateway.communityId) ?? true)
        .map((gateway) => gatewayItem(gateway, services.gateways.status(gateway.id)));
      return { items, nextCursor: null };
    },
  );

  app.get(
    '/api/gateways/:id',
    { config: { access: OPERATIONS }, schema: { tags, summary: 'One gateway', params, response: { 200: itemSchema } } },
    async (request) => {
      const gateway = seenOr404(request.viewer, services.gateways.get(request.params.id), 'gateway');
      return gatewayItem(gateway, services.gateways.status(gateway.id));
    },
  );

  app.post(
    '/api/gateways',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary: 'Enrol a gateway; this answer alone shows its secret',
        body: z.strictObject({ id: idSchema, communityId: idSchema, name: z.string().trim().min(1).max(100) }),
        response: { 201: itemSchema.extend({ secret: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id, communityId, name } = request.body;
      await assertCommunityExists(services, communityId);
      const secret = newSecret();
      await records.db.transaction().execute((db) => insertGateway(services, db, { id, communityId, name, secret }));
      await services.gateways.reload();
      await say(request.viewer.username, 'gateway.enrolled', id, communityId);
      const item = gatewayItem(services.gateways.get(id) ?? fail(), services.gateways.status(id));
      return reply.code(201).send({ ...item, secret });
    },
  );

  app.post(
    '/api/gateways/:id/rotate-secret',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary: 'A new secret; the old one stays good beside it until the next rotation, unless `revokeOld`',
        params,
        body: z.strictObject({ revokeOld: z.boolean().optional() }).nullish(),
        response: { 200: secretSchema },
      },
    },
    async (request) => {
      const gateway = seenOr404(request.viewer, services.gateways.get(request.params.id), 'gateway');
      const secret = newSecret();
      const old = request.body?.revokeOld ? [] : gateway.secretHashes.slice(0, 1);
      await records.db
        .updateTable('gateways')
        .set({ secretHashes: JSON.stringify([await hashSecret(secret), ...old]) })
        .where('id', '=', gateway.id)
        .execute();
      await services.gateways.reload();
      if (request.body?.revokeOld) services.uplink.disconnect(gateway.id);
      await say(request.viewer.username, 'gateway.secret-rotated', gateway.id, gateway.communityId);
      return { id: gateway.id, secret };
    },
  );

  app.delete(
    '/api/gateways/:id',
    { config: { access: ['admin'] }, schema: { tags, summary: 'Revoke: it is cut and may not log in again', params } },
    async (request, reply) => {
      const gateway = seenOr404(request.viewer, services.gateways.get(request.params.id), 'gateway');
      await records.db.updateTable('gateways').set({ revokedAt: clock.now() }).where('id', '=', gateway.id).execute();
      await services.gateways.reload();
      services.uplink.disconnect(gateway.id);
      await say(request.viewer.username, 'gateway.revoked', gateway.id, gateway.communityId);
      return reply.code(204).send();
    },
  );

  app.post(
    '/api/gateways/:id/resend',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary: 'Ask the gateway to send a span again that it still keeps; what is here already is not doubled',
        params,
        body: z.strictObject({
          fromAt: z.number().int().nonnegative(),
          toAt: z.number().int().nonnegative(),
          lanes: z
            .array(z.enum(LANES))
            .min(1)
            .default([...LANES]),
        }),
        response: { 202: z.strictObject({ ok: z.literal(true) }) },
      },
    },
    async (request, reply) => {
      const gateway = seenOr404(request.viewer, services.gateways.get(request.params.id), 'gateway');
      const { fromAt, toAt, lanes } = request.body;
      if (fromAt >= toAt) throw new AppError('unprocessable', 'the span must end after it begins');
      await services.downlinks.queue(records.db, gateway.id, { type: 'resend', fromAt, toAt, lanes });
      services.downlinks.changed(gateway.id);
      await say(request.viewer.username, 'gateway.resend-asked', gateway.id, gateway.communityId);
      return reply.code(202).send({ ok: true });
    },
  );

  app.get(
    '/api/gaps',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'What was lost: these devices, these minutes, so many readings, why',
        querystring: z.strictObject({
          communityId: idSchema.optional(),
          gatewayId: idSchema.optional(),
          deviceId: idSchema.optional(),
          from: instantQuery.optional(),
          to: instantQuery.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(gapSchema) },
      },
    },
    async (request) => {
      const { communityId, gatewayId, deviceId, from, to, limit, cursor } = request.query;
      const scope = listScope(request.viewer, communityId);
      if (scope?.length === 0) return { items: [], nextCursor: null };
      const rows = await records.db
        .selectFrom('gaps')
        .selectAll()
        .$if(scope !== undefined, (query) => query.where('communityId', 'in', [...(scope ?? [])]))
        .$if(gatewayId !== undefined, (query) => query.where('gatewayId', '=', gatewayId ?? ''))
        .$if(deviceId !== undefined, (query) => query.where('deviceId', '=', deviceId ?? ''))
        .$if(from !== undefined, (query) => query.where('toAt', '>=', from ?? 0))
        .$if(to !== undefined, (query) => query.where('fromAt', '<', to ?? 0))
        .where(behindCursor(cursor, 'toAt'))
        .orderBy('toAt', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const page = cutPage(rows, limit, (row) => [row.toAt, row.id]);
      return { ...page, items: page.items.map((row) => ({ ...row, lane: row.lane as (typeof LANES)[number] })) };
    },
  );

  function say(username: string, action: string, id: string, communityId: string): Promise<void> {
    return audit.add({
      actor: { type: 'person', id: username },
      action,
      target: { type: 'gateway', id },
      communityId,
    });
  }
};

function fail(): never {
  throw new Error('a gateway that was just stored is missing');
}

export default gateways;
