/** Alarms: the list, one with its history, and what people do to them. */
import { z } from 'zod';
import { ALARM_STATES, type AlarmAction } from '../../core/alarm.ts';
import { AppError } from '../../core/errors.ts';
import type { Role } from '../../core/role.ts';
import { SEVERITIES } from '../../core/rule.ts';
import { idSchema, instantSchema, noteSchema } from '../../core/text.ts';
import { alarmItem, alarmItemJson, historyItem } from '../alarms/item.ts';
import { listAlarms } from '../alarms/list.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { cutPage, decodeCursor, instantQuery, listQuery, pageOf, pageQuery } from '../plugins/lists.ts';
import { HANDLE, listScope, maySee, OPERATIONS, seenOr404, viewerOfUser } from '../plugins/viewer.ts';

const SERVICE: readonly Role[] = ['property', 'admin'];

const itemSchema = z
  .object({
    id: z.string(),
    communityId: z.string(),
    gatewayId: z.string(),
    deviceId: z.string(),
    kind: z.string(),
    rule: z.string(),
    severity: z.enum(SEVERITIES),
    state: z.enum(ALARM_STATES),
    condition: z.enum(['active', 'cleared']),
    acknowledged: z.boolean(),
    title: z.object({ zh: z.string(), en: z.string() }),
    location: z.looseObject({}),
    skewMs: z
      .number()
      .optional()
      .describe('How far the clock that said firstAt, lastAt and clearedAt is ahead of the hub'),
    firstAt: z.number(),
    lastAt: z.number(),
    clearedAt: z.number().nullable(),
    count: z.number(),
    ackedBy: z.string().nullable(),
    ackedAt: z.number().nullable(),
    ticketId: z.string().nullable(),
    evidence: z.array(z.looseObject({ id: z.string(), type: z.string(), url: z.string(), at: z.number() })),
  })
  .loose();
const historySchema = z.array(
  z.object({
    id: z.string(),
    at: z.number(),
    what: z.string(),
    who: z.object({ type: z.string(), id: z.string() }),
    where: z.object({ type: z.string(), id: z.string() }),
    late: z.boolean(),
    detail: z.looseObject({}),
  }),
);
const withHistorySchema = itemSchema.extend({ history: historySchema });

/** Name in the address → who may, what the body must be, what it does. */
const ACTIONS = {
  ack: action(HANDLE, 'Acknowledge', z.strictObject({ note: noteSchema.optional() }), (body) => ({
    type: 'ack',
    ...body,
  })),
  shelve: action(
    HANDLE,
    'Shelve: out of the way until a time, with a reason',
    z.strictObject({ untilAt: instantSchema, reason: noteSchema }),
    (body) => ({ type: 'shelve', ...body }),
  ),
  unshelve: action(HANDLE, 'Take from the shelf; acknowledges', z.strictObject({}), () => ({ type: 'unshelve' })),
  reset: action(HANDLE, 'Reset a latched alarm whose condition has gone', z.strictObject({}), () => ({
    type: 'reset',
  })),
  'out-of-service': action(
    SERVICE,
    'Take out of service until a time, with a reason',
    z.strictObject({ untilAt: instantSchema, reason: noteSchema }),
    (body) => ({ type: 'out-of-service', ...body }),
  ),
  'in-service': action(SERVICE, 'Return to service', z.strictObject({}), () => ({ type: 'in-service' })),
  comment: action(OPERATIONS, 'Comment', z.strictObject({ text: noteSchema }), (body) => ({
    type: 'comment',
    ...body,
  })),
  assign: action(HANDLE, 'Assign to a person', z.strictObject({ username: z.string().min(1).max(64) }), (body) => ({
    type: 'assign',
    ...body,
  })),
  verdict: action(
    HANDLE,
    'Say whether it was a true alarm',
    z.strictObject({ verdict: z.enum(['true', 'false', 'unsure']), label: z.string().max(64).optional() }),
    (body) => ({ type: 'verdict', ...body }),
  ),
} satisfies Record<string, Action>;

interface Action {
  roles: readonly Role[];
  summary: string;
  body: z.ZodType;
  toAction: (body: unknown) => AlarmAction;
}

/** Keeps body schema and action together; the schema has checked what `toAction` gets. */
function action<T extends z.ZodType>(
  roles: readonly Role[],
  summary: string,
  body: T,
  toAction: (body: z.infer<T>) => AlarmAction,
): Action {
  return { roles, summary, body, toAction: (checked) => toAction(checked as z.infer<T>) };
}

const alarms: RoutePlugin = async (app, { services }) => {
  const { records, audit } = services;
  const tags = ['alarms'];
  const params = z.object({ id: z.string().max(64) });

  app.get(
    '/api/alarms',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'Alarms, newest first (by first raise); `state` and `severity` may name several, separated by commas',
        querystring: z.strictObject({
          state: listQuery(ALARM_STATES).optional(),
          severity: listQuery(SEVERITIES).optional(),
          communityId: idSchema.optional(),
          deviceId: idSchema.optional(),
          gatewayId: idSchema.optional(),
          kind: idSchema.optional(),
          incidentId: z.string().max(64).optional(),
          from: instantQuery.optional(),
          to: instantQuery.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request, reply) => {
      const { state, severity, communityId, cursor, limit, ...filters } = request.query;
      const found = await listAlarms(records.db, {
        ...filters,
        communityIds: listScope(request.viewer, communityId),
        states: state,
        severities: severity,
        before: cursor === undefined ? undefined : decodeCursor(cursor),
        limit: limit + 1,
      });
      const { items, nextCursor } = cutPage(found, limit, keyOfStored);
      // Bytes go out as they are; the alarms were made JSON when they were stored.
      const page = Buffer.from(
        `{"items":[${items.map(alarmItemJson).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`,
      );
      return reply.type('application/json; charset=utf-8').send(page as never);
    },
  );

  app.get(
    '/api/alarms/:id',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'One alarm with every fact said about it',
        params,
        response: { 200: withHistorySchema },
      },
    },
    async (request) => {
      const alarm = seenOr404(request.viewer, await services.alarms.get(request.params.id), 'alarm');
      return withHistory(alarm.id);
    },
  );

  for (const [name, { roles, summary, body, toAction }] of Object.entries<Action>(ACTIONS)) {
    app.post(
      `/api/alarms/:id/${name}`,
      {
        config: { access: roles },
        // A body without fields may be left out.
        preValidation: async (request) => {
          request.body ??= {};
        },
        schema: { tags, summary, params, body, response: { 200: withHistorySchema } },
      },
      async (request) => {
        const { viewer } = request;
        const alarm = seenOr404(viewer, await services.alarms.get(request.params.id), 'alarm');
        const wanted = toAction(request.body);
        if (wanted.type === 'assign') await assertAssignable(wanted.username, alarm.communityId);
        await services.alarms.act({ alarmId: alarm.id, action: wanted, username: viewer.username });
        await audit.add({
          actor: { type: 'person', id: viewer.username },
          action: `alarm.${name}`,
          target: { type: 'alarm', id: alarm.id },
          communityId: alarm.communityId,
        });
        return withHistory(alarm.id);
      },
    );
  }

  async function withHistory(alarmId: string) {
    const [alarm, facts] = await Promise.all([services.alarms.get(alarmId), services.alarms.facts(alarmId)]);
    if (!alarm) throw new AppError('not-found', 'there is no such alarm');
    const history = facts.map(historyItem).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    return { ...alarmItem(alarm), history };
  }

  async function assertAssignable(username: string, communityId: string): Promise<void> {
    const user = await records.db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst();
    if (!user || user.disabledAt !== null || !maySee(viewerOfUser(user, 'session'), communityId))
      throw new AppError('unprocessable', 'the alarm cannot be assigned to this person', {
        details: [{ in: 'body', path: '/username', message: 'is nobody who may see this alarm' }],
      });
  }
};

export default alarms;

function keyOfStored(stored: string): [at: number, id: string] {
  const { firstAt, id } = JSON.parse(stored) as { firstAt: number; id: string };
  return [firstAt, id];
}
