/** Alarm rules as a device has them, with where each comes from; what a community wants otherwise; planned silence. */
import { z } from 'zod';
import type { DeviceKind } from '../../core/device.ts';
import { effectiveRules, indexOverrides, RULE_SCOPES } from '../../core/effective-rules.ts';
import { AppError } from '../../core/errors.ts';
import { type MuteWindow, muteWindowSchema } from '../../core/mute-window.ts';
import type { Role } from '../../core/role.ts';
import { type RuleSpec, ruleSpecSchema } from '../../core/rule.ts';
import { idSchema } from '../../core/text.ts';
import { commonSchema, faultsOfRule } from '../../devices/rule-parameters.ts';
import { createRules } from '../alarms/rules.ts';
import { seenDevice } from '../devices/seen.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { assertCommunity, OPERATIONS, seenOr404 } from '../plugins/viewer.ts';

const TUNE: readonly Role[] = ['property', 'street', 'admin'];
const JSON_SCHEMA = { io: 'input', unrepresentable: 'any' } as const;
/** Silence has an end that somebody can still remember setting. */
const WINDOW_MS_MAX = 31 * 24 * 3_600_000;

const ruleSchema = z.looseObject({ id: z.string(), type: z.string(), severity: z.string() });
const overrideSchema = z.object({
  scope: z.enum(RULE_SCOPES),
  id: z.string(),
  rule: ruleSchema,
  changedAt: z.number(),
  changedBy: z.string(),
});
const fromSchema = z.enum(['default', ...RULE_SCOPES]);
const effectiveSchema = z.object({
  rule: ruleSchema,
  from: fromSchema.describe('Where it comes from: the default of the kind, or the override of this scope'),
  instead: z.array(z.object({ rule: ruleSchema, from: fromSchema })).describe('What it replaces, the nearest first'),
});
const windowSchema = z.looseObject({ id: z.string(), type: z.string(), fromAt: z.number(), untilAt: z.number() });
const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.null() });
const inCommunity = z.strictObject({ communityId: idSchema });

const rulesRoutes: RoutePlugin = async (app, { services }) => {
  const { records, clock, audit, kinds, ruleTypes, newId } = services;
  const rules = createRules(services);
  const tags = ['rules'];

  app.get(
    '/api/devices/:id/rules',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'The rules of one device, each with where it comes from and what it replaces',
        params: z.object({ id: z.string().max(64) }),
        response: { 200: listOf(effectiveSchema) },
      },
    },
    async (request) => {
      const row = await seenDevice(services, request.viewer, request.params.id);
      const { secretHashes: _, options: __, createdAt: ___, ...device } = row;
      const overrides = indexOverrides(await rules.overrides(device.communityId));
      const items = effectiveRules({ device: { ...device, location: {} }, kind: kinds.get(device.kind), overrides });
      return { items, nextCursor: null };
    },
  );

  app.get(
    '/api/rule-types',
    {
      config: { access: OPERATIONS },
      schema: { tags, summary: 'Types of rules, each with the JSON Schema of its parameters (`with`)' },
    },
    async () => ({
      items: [...ruleTypes].map(([id, { title, summary, schema }]) => ({
        id,
        title,
        summary,
        schema: z.toJSONSchema(schema, JSON_SCHEMA),
        common: z.toJSONSchema(commonSchema, JSON_SCHEMA),
      })),
      nextCursor: null,
    }),
  );

  app.get(
    '/api/rules/effective',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'The rules that devices of a kind have in a community, each with where it comes from',
        querystring: z.strictObject({ communityId: idSchema, kind: idSchema }),
        response: { 200: listOf(effectiveSchema) },
      },
    },
    async ({ viewer, query: { communityId, kind } }) => {
      assertCommunity(viewer, communityId);
      if (!kinds.has(kind)) throw new AppError('not-found', 'there is no such kind');
      const all = await rules.overrides(communityId);
      // A device that has said nothing of its own stands for all.
      const device = { id: '', kind, communityId, gatewayId: '', name: '', location: {} };
      const overrides = indexOverrides(all.filter(({ scope }) => scope !== 'device'));
      return { items: effectiveRules({ device, kind: kinds.get(kind), overrides }), nextCursor: null };
    },
  );

  app.get(
    '/api/rules',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'What a community wants otherwise',
        querystring: inCommunity,
        response: { 200: listOf(overrideSchema) },
      },
    },
    async ({ viewer, query }) => {
      assertCommunity(viewer, query.communityId);
      return { items: await rules.overrides(query.communityId), nextCursor: null };
    },
  );

  app.put(
    '/api/rules',
    {
      config: { access: TUNE },
      schema: {
        tags,
        summary: 'Set a rule for a community, a kind in it, or one device; `enabled: false` switches it off',
        body: z.strictObject({ communityId: idSchema, scope: z.enum(RULE_SCOPES), id: idSchema, rule: ruleSpecSchema }),
        response: { 200: listOf(overrideSchema) },
      },
    },
    async ({ viewer, body }) => {
      const { communityId, scope, id, rule } = body;
      assertCommunity(viewer, communityId);
      const kind = await kindOfTarget(communityId, scope, id);
      assertRule(rule, kind);
      await rules.setOverride(communityId, { scope, id, rule }, viewer.username);
      await told(viewer.username, 'rule.set', communityId, `${scope}/${id}/${rule.id}`);
      return { items: await rules.overrides(communityId), nextCursor: null };
    },
  );

  app.delete(
    '/api/rules',
    {
      config: { access: TUNE },
      schema: {
        tags,
        summary: 'Back to what is inherited',
        querystring: z.strictObject({
          communityId: idSchema,
          scope: z.enum(RULE_SCOPES),
          id: idSchema,
          ruleId: idSchema,
        }),
        response: { 200: listOf(overrideSchema) },
      },
    },
    async ({ viewer, query }) => {
      const { communityId, scope, id, ruleId } = query;
      assertCommunity(viewer, communityId);
      const isRemoved = await rules.removeOverride(communityId, { scope, id, ruleId });
      if (!isRemoved) throw new AppError('not-found', 'there is no such override');
      await told(viewer.username, 'rule.reset', communityId, `${scope}/${id}/${ruleId}`);
      return { items: await rules.overrides(communityId), nextCursor: null };
    },
  );

  app.get(
    '/api/mute-windows',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'Maintenance and fire tests, in force or to come',
        querystring: inCommunity,
        response: { 200: listOf(windowSchema) },
      },
    },
    async ({ viewer, query }) => {
      assertCommunity(viewer, query.communityId);
      return { items: await rules.windows(query.communityId), nextCursor: null };
    },
  );

  app.post(
    '/api/mute-windows',
    {
      config: { access: TUNE },
      schema: {
        tags,
        summary:
          'Plan a time of silence: alarms raised inside it are muted, with reason and end; what was active before goes on',
        body: muteWindowSchema.omit({ id: true, by: true }).extend({ communityId: idSchema }),
        response: { 201: windowSchema },
      },
    },
    async ({ viewer, body }, reply) => {
      const { communityId, ...planned } = body;
      assertCommunity(viewer, communityId);
      if (planned.untilAt <= Math.max(planned.fromAt, clock.now()))
        throw fault('/untilAt', 'the end must lie after the start and now');
      if (planned.untilAt - planned.fromAt > WINDOW_MS_MAX)
        throw fault('/untilAt', 'a window may last 31 days at most');
      const window: MuteWindow = { ...planned, id: newId(), by: viewer.username };
      await rules.setWindow(communityId, window);
      await told(viewer.username, 'mute-window.set', communityId, window.id, { ...planned });
      return reply.code(201).send(window);
    },
  );

  app.delete(
    '/api/mute-windows/:id',
    {
      config: { access: TUNE },
      schema: {
        tags,
        summary: 'Withdraw a window: what it muted is shown again',
        params: z.object({ id: z.string().max(64) }),
        response: { 200: listOf(windowSchema) },
      },
    },
    async ({ viewer, params }) => {
      const found = await rules.windowCommunity(params.id);
      const { communityId } = seenOr404(viewer, found === undefined ? undefined : { communityId: found }, 'window');
      await rules.removeWindow(params.id);
      await told(viewer.username, 'mute-window.removed', communityId, params.id);
      return { items: await rules.windows(communityId), nextCursor: null };
    },
  );

  /** The kind of the devices that a rule is for; undefined for a rule of all kinds of a community. */
  async function kindOfTarget(communityId: string, scope: (typeof RULE_SCOPES)[number], id: string) {
    if (scope === 'community') {
      if (id !== communityId) throw fault('/id', 'names another community');
      return undefined;
    }
    if (scope === 'kind') {
      const kind = kinds.get(id);
      if (!kind) throw fault('/id', `names no kind: one of ${[...kinds.keys()].join(', ')}`);
      return kind;
    }
    const row = await records.db
      .selectFrom('devices')
      .select('kind')
      .where('id', '=', id)
      .where('communityId', '=', communityId)
      .executeTakeFirst();
    if (!row) throw fault('/id', 'names no device of this community');
    return kinds.get(row.kind);
  }

  /** A rule that no gateway could run is refused here, by the very schema that the gateway runs it by. */
  function assertRule(rule: RuleSpec, kind: DeviceKind | undefined): void {
    const faults = faultsOfRule(rule, ruleTypes, kind);
    if (faults.length === 0) return;
    const details = faults.map(({ path, message }) => ({ in: 'body', path: `/rule${path}`, message }));
    const words = details.map(({ path, message }) => `${path.slice(1)}: ${message}`).join('; ');
    throw new AppError('unprocessable', `the rule cannot run: ${words}`.slice(0, 1_000), { details });
  }

  async function told(
    username: string,
    action: string,
    communityId: string,
    id: string,
    detail?: Record<string, unknown>,
  ) {
    const actor = { type: 'person' as const, id: username };
    const target = { type: action.split('.')[0] ?? 'rule', id };
    await audit.add({ actor, action, target, communityId, ...(detail ? { detail } : {}) });
  }
};

function fault(path: string, message: string): AppError {
  return new AppError('unprocessable', `${path.slice(1)} ${message}`, { details: [{ in: 'body', path, message }] });
}

export default rulesRoutes;
