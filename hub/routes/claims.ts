/** Claim codes: made by the street, redeemed by the gateway or the installer of devices. */
import { z } from 'zod';
import { locationSchema } from '../../core/device.ts';
import { AppError } from '../../core/errors.ts';
import { idSchema } from '../../core/text.ts';
import { type ClaimRow, type ClaimTables, createClaims, spentReason } from '../claims/claims.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { bodyFault } from '../plugins/errors.ts';
import { pageOf } from '../plugins/lists.ts';
import { STREET_WIDE, seenOr404 } from '../plugins/viewer.ts';
import { assertCommunityExists } from '../uplink/enrol.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const VALID_MS_MAX = 30 * DAY_MS;
const DEVICES_PER_CODE_MAX = 5_000;
/** The newest that the list shows; older ones are on the audit log. */
const SHOWN_MAX = 200;
/** More than a village of installers behind one router needs; wrong codes are slowed much earlier. */
const REDEMPTIONS_PER_MINUTE_MAX = 600;

const nameSchema = z.string().trim().min(1).max(100);
const validHours = z
  .number()
  .int()
  .min(1)
  .max(VALID_MS_MAX / HOUR_MS)
  .default(24);
const wantedSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('gateway'),
    /** Who the gateway will be. */
    gatewayId: idSchema,
    communityId: idSchema,
    name: nameSchema,
    validHours,
  }),
  z.strictObject({
    type: z.literal('devices'),
    /** The gateway that will serve them. */
    gatewayId: idSchema,
    name: nameSchema,
    kinds: z.array(idSchema).min(1).max(50),
    usesMax: z.number().int().min(1).max(DEVICES_PER_CODE_MAX),
    validHours,
  }),
]);
const itemSchema = z.strictObject({
  id: z.string(),
  type: z.enum(['gateway', 'devices']),
  communityId: z.string(),
  gatewayId: z.string(),
  name: z.string(),
  kinds: z.array(z.string()),
  usesMax: z.number(),
  uses: z.number(),
  state: z.enum(['open', 'used', 'expired', 'revoked']),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  usedAt: z.number().nullable(),
});
const redemptionSchema = z.strictObject({
  code: z.string().max(100),
  secret: z
    .string()
    .regex(/^[\w-]{27,200}$/, 'a secret is at least 160 random bits, in base64url')
    .optional(),
  device: z
    .strictObject({ id: idSchema, kind: idSchema, name: nameSchema.optional(), location: locationSchema.optional() })
    .optional(),
});
const redeemedSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('gateway'),
    gateway: z.strictObject({ id: z.string(), communityId: z.string(), name: z.string() }),
    secret: z.string(),
    /** Where the gateway reports, and the authority (PEM) that signed that listener's certificate, if it needs one. */
    uplink: z.strictObject({ url: z.string(), ca: z.string().nullable() }),
  }),
  z.strictObject({
    type: z.literal('device'),
    device: z.strictObject({
      id: z.string(),
      kind: z.string(),
      communityId: z.string(),
      gatewayId: z.string(),
    }),
    username: z.string(),
    secret: z.string(),
    topic: z.string(),
  }),
]);

const claims: RoutePlugin = async (app, { services }) => {
  const { clock, audit, kinds } = services;
  const db = services.records.db.withTables<ClaimTables>();
  const book = createClaims(services);
  const tags = ['claims'];

  app.get(
    '/api/claims',
    {
      config: { access: STREET_WIDE },
      schema: { tags, summary: 'Claim codes, newest first, without the codes', response: { 200: pageOf(itemSchema) } },
    },
    async () => {
      const rows = await db
        .selectFrom('claims')
        .selectAll()
        .orderBy('createdAt', 'desc')
        .orderBy('id')
        .limit(SHOWN_MAX)
        .execute();
      return { items: rows.map((row) => claimItem(row, clock.now())), nextCursor: null };
    },
  );

  app.post(
    '/api/claims',
    {
      config: { access: STREET_WIDE },
      schema: {
        tags,
        summary: 'Make a claim code for one gateway or a batch of devices; this answer alone shows it',
        body: wantedSchema,
        response: { 201: itemSchema.extend({ code: z.string() }) },
      },
    },
    async (request, reply) => {
      const { username } = request.viewer;
      const { validHours: hours, ...wanted } = request.body;
      const common = { createdBy: username, validMs: hours * HOUR_MS };
      const { row, code } =
        wanted.type === 'gateway'
          ? await book.create({ ...(await forGateway(wanted)), ...common })
          : await book.create({ ...forDevices(wanted), ...common });
      const { type, gatewayId, usesMax } = row;
      await say(username, 'claim.created', row, { type, gatewayId, usesMax });
      return reply.code(201).send({ ...claimItem(row, clock.now()), code });
    },
  );

  app.delete(
    '/api/claims/:id',
    {
      config: { access: STREET_WIDE },
      schema: {
        tags,
        summary: 'Revoke a claim code; what it enrolled stays',
        params: z.object({ id: z.string().max(64) }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const found = await db.selectFrom('claims').selectAll().where('id', '=', id).executeTakeFirst();
      const row = seenOr404(request.viewer, found, 'claim code');
      await db
        .updateTable('claims')
        .set({ revokedAt: clock.now() })
        .where('id', '=', id)
        .where('revokedAt', 'is', null)
        .execute();
      await say(request.viewer.username, 'claim.revoked', row);
      return reply.code(204).send();
    },
  );

  app.post(
    '/api/claims/redeem',
    {
      config: { access: 'public', rateLimit: { max: REDEMPTIONS_PER_MINUTE_MAX, timeWindow: 60_000 } },
      schema: {
        tags,
        summary:
          'Enrol with a claim code: a gateway gets its identity, a device its login. With the same `secret` it may be asked again',
        body: redemptionSchema,
        response: { 200: redeemedSchema },
      },
    },
    async (request) => book.redeem(request.body, { address: request.ip, hostname: request.hostname }),
  );

  async function forGateway(wanted: WithoutHours<'gateway'>) {
    const { type, gatewayId, communityId, name } = wanted;
    await assertCommunityExists(services, communityId);
    if (services.gateways.get(gatewayId)) throw new AppError('conflict', 'a gateway with this id exists');
    return { type, gatewayId, communityId, name, kinds: [], usesMax: 1 };
  }

  function forDevices(wanted: WithoutHours<'devices'>) {
    const gateway = services.gateways.get(wanted.gatewayId);
    if (!gateway || gateway.revokedAt !== null) throw bodyFault('/gatewayId', 'names no gateway');
    for (const [index, kind] of wanted.kinds.entries())
      if (!kinds.has(kind)) throw bodyFault(`/kinds/${index}`, `names no kind: one of ${[...kinds.keys()].join(', ')}`);
    return { ...wanted, communityId: gateway.communityId };
  }

  function say(username: string, action: string, { id, communityId }: ClaimRow, detail?: Record<string, unknown>) {
    const actor = { type: 'person' as const, id: username };
    return audit.add({ actor, action, target: { type: 'claim', id }, communityId, ...(detail ? { detail } : {}) });
  }
};

type WithoutHours<T extends 'gateway' | 'devices'> = Omit<
  Extract<z.infer<typeof wantedSchema>, { type: T }>,
  'validHours'
>;

function claimItem(row: ClaimRow, now: number): z.infer<typeof itemSchema> {
  const { id, communityId, gatewayId, name, usesMax, uses, createdBy, createdAt, expiresAt, usedAt } = row;
  return {
    id,
    type: row.type as 'gateway' | 'devices',
    communityId,
    gatewayId,
    name,
    kinds: JSON.parse(row.kinds) as string[],
    usesMax,
    uses,
    state: spentReason(row, now)?.reason ?? 'open',
    createdBy,
    createdAt,
    expiresAt,
    usedAt,
  };
}

export default claims;
