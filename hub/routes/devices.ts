/** Devices: what they said last, and their enrolment. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { locationSchema, locationTitle } from '../../core/device.ts';
import { newSecret } from '../../core/ids.ts';
import type { Role } from '../../core/role.ts';
import { hashSecret } from '../../core/secret.ts';
import { idSchema } from '../../core/text.ts';
import { optionsOf } from '../../devices/kinds.ts';
import { changeDevice, type DeviceRow, insertDevice } from '../devices/enrol.ts';
import { deviceItem } from '../devices/item.ts';
import { seenDevice } from '../devices/seen.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { bodyFault, parsedAt } from '../plugins/errors.ts';
import { cutPage, decodeCursor, listQuery, pageOf, pageQuery } from '../plugins/lists.ts';
import { listScope, OPERATIONS } from '../plugins/viewer.ts';

const ENROL: readonly Role[] = ['admin'];
/** The one in use and the one that replaces it. */
const SECRETS_MAX = 2;

const optionsSchema = z.record(z.string().max(64), z.unknown()).optional();
const itemSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    communityId: z.string(),
    gatewayId: z.string(),
    name: z.string(),
    location: z.looseObject({}),
    liveness: z.enum(['unknown', 'online', 'unavailable']),
    lastSeenAt: z.number().nullable().describe('By the clock of the hub'),
    latest: z.record(
      z.string(),
      z.object({
        value: z.union([z.number(), z.boolean(), z.string()]),
        at: z.number(),
        quality: z.string(),
        skewMs: z
          .number()
          .optional()
          .describe('How far the clock that said `at` is ahead of the hub; its age is now - (at - skewMs)'),
      }),
    ),
  })
  .loose();

const devices: RoutePlugin = async (app, { services }) => {
  const { records, clock, kinds } = services;
  const tags = ['devices'];
  const params = z.object({ id: z.string().max(64) });

  app.get(
    '/api/devices',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'Devices with their newest values, each with its age and quality',
        querystring: z.strictObject({
          communityId: idSchema.optional(),
          gatewayId: idSchema.optional(),
          kind: idSchema.optional(),
          liveness: listQuery(['unknown', 'online', 'unavailable']).optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request) => {
      const { communityId, gatewayId, kind, liveness, limit, cursor } = request.query;
      const scope = listScope(request.viewer, communityId);
      if (scope?.length === 0) return { items: [], nextCursor: null };
      const [, after] = cursor === undefined ? [0, undefined] : decodeCursor(cursor);
      const rows = await records.db
        .selectFrom('devices')
        .selectAll()
        .$if(scope !== undefined, (query) => query.where('communityId', 'in', [...(scope ?? [])]))
        .$if(gatewayId !== undefined, (query) => query.where('gatewayId', '=', gatewayId ?? ''))
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
        .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
        .orderBy('id')
        // Liveness is known in memory only, so its filter comes after the rows.
        .$if(liveness === undefined, (query) => query.limit(limit + 1))
        .execute();
      const items = rows
        .map((row) => deviceItem(services, row, request.viewer))
        .filter((item) => liveness?.includes(item.liveness) ?? true);
      return cutPage(items, limit, (item) => [0, item.id]);
    },
  );

  app.get(
    '/api/devices/:id',
    { config: { access: OPERATIONS }, schema: { tags, summary: 'One device', params, response: { 200: itemSchema } } },
    async (request) =>
      deviceItem(services, await seenDevice(services, request.viewer, request.params.id), request.viewer),
  );

  app.post(
    '/api/devices',
    {
      config: { access: ENROL },
      schema: {
        tags,
        summary: 'Enrol a device; this answer alone shows its secret. Its user name is its id',
        body: z.strictObject({
          id: idSchema,
          kind: idSchema,
          communityId: idSchema,
          /** May be left out where the community has one gateway. */
          gatewayId: idSchema.optional(),
          name: z.string().trim().min(1).max(100).optional(),
          location: locationSchema,
          options: optionsSchema,
        }),
        response: { 201: itemSchema.extend({ secret: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id, kind, communityId, location, options, name = locationTitle(location) } = request.body;
      if (!kinds.has(kind)) throw bodyFault('/kind', `names no kind: one of ${[...kinds.keys()].join(', ')}`);
      checkOptions(kind, options);
      const gatewayId = gatewayOf(communityId, request.body.gatewayId);
      const secret = newSecret();
      const row: DeviceRow = {
        id,
        kind,
        communityId,
        gatewayId,
        name,
        location: JSON.stringify(location),
        options: options ? JSON.stringify(options) : null,
        secretHashes: JSON.stringify([await hashSecret(secret)]),
        createdAt: clock.now(),
      };
      await changeDevice(services, { actor: personOf(request), action: 'device.enrolled', device: row }, (db) =>
        insertDevice(db, row),
      );
      return reply.code(201).send({ ...deviceItem(services, row, request.viewer), username: id, secret });
    },
  );

  app.patch(
    '/api/devices/:id',
    {
      config: { access: ENROL },
      schema: {
        tags,
        summary: 'Change name, place or options of a device',
        params,
        body: z.strictObject({
          name: z.string().trim().min(1).max(100).optional(),
          location: locationSchema.optional(),
          options: optionsSchema,
        }),
        response: { 200: itemSchema },
      },
    },
    async (request) => {
      const device = await seenDevice(services, request.viewer, request.params.id);
      const { name, location, options } = request.body;
      checkOptions(device.kind, options);
      const changed = {
        ...device,
        ...(name === undefined ? {} : { name }),
        ...(location === undefined ? {} : { location: JSON.stringify(location) }),
        ...(options === undefined ? {} : { options: JSON.stringify(options) }),
      };
      await changeDevice(services, { actor: personOf(request), action: 'device.changed', device }, async (db) => {
        await db.updateTable('devices').set(changed).where('id', '=', device.id).execute();
      });
      return deviceItem(services, changed, request.viewer);
    },
  );

  app.post(
    '/api/devices/:id/rotate-secret',
    {
      config: { access: ENROL },
      schema: {
        tags,
        summary: 'A new secret; the old one stays good beside it until the next rotation, unless `revokeOld`',
        params,
        body: z.strictObject({ revokeOld: z.boolean().optional() }).nullish(),
        response: { 200: z.strictObject({ id: z.string(), username: z.string(), secret: z.string() }) },
      },
    },
    async (request) => {
      const device = await seenDevice(services, request.viewer, request.params.id);
      const secret = newSecret();
      const old = request.body?.revokeOld ? [] : (JSON.parse(device.secretHashes) as string[]);
      const secretHashes = JSON.stringify([await hashSecret(secret), ...old].slice(0, SECRETS_MAX));
      await changeDevice(
        services,
        { actor: personOf(request), action: 'device.secret-rotated', device },
        async (db) => {
          await db.updateTable('devices').set({ secretHashes }).where('id', '=', device.id).execute();
        },
      );
      return { id: device.id, username: device.id, secret };
    },
  );

  app.delete(
    '/api/devices/:id',
    {
      config: { access: ENROL },
      schema: { tags, summary: 'Remove a device: its connection is cut; its history stays', params },
    },
    async (request, reply) => {
      const device = await seenDevice(services, request.viewer, request.params.id);
      await changeDevice(services, { actor: personOf(request), action: 'device.removed', device }, async (db) => {
        await db.deleteFrom('devices').where('id', '=', device.id).execute();
        await db.deleteFrom('deviceStates').where('deviceId', '=', device.id).execute();
      });
      services.states.forget(device.id);
      return reply.code(204).send();
    },
  );

  /** The gateway would refuse them later, where whoever set them does not look. */
  function checkOptions(kind: string, options: Record<string, unknown> | undefined): void {
    const known = kinds.get(kind);
    if (known && options) parsedAt('/options', optionsOf(known), options);
  }

  function gatewayOf(communityId: string, gatewayId: string | undefined): string {
    const own = services.gateways
      .list()
      .filter((gateway) => gateway.communityId === communityId && gateway.revokedAt === null);
    if (gatewayId !== undefined) {
      if (own.some((gateway) => gateway.id === gatewayId)) return gatewayId;
      throw bodyFault('/gatewayId', 'names no gateway of this community');
    }
    if (own.length === 0) throw bodyFault('/communityId', 'names no community with a gateway');
    if (own.length > 1 || !own[0]) throw bodyFault('/gatewayId', 'is needed: the community has several gateways');
    return own[0].id;
  }
};

function personOf({ viewer }: FastifyRequest): { type: 'person'; id: string } {
  return { type: 'person', id: viewer.username };
}

export default devices;
