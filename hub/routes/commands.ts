/** Commands to devices: each with a deadline after which it must not run, and a record of who gave it. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { seenDevice } from '../devices/seen.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { pageOf } from '../plugins/lists.ts';
import { HANDLE, OPERATIONS, seenOr404 } from '../plugins/viewer.ts';
import type { RecordTables } from '../stores/records/tables.ts';

const DEADLINE_MS_DEFAULT = 10_000;
const DEADLINE_MS_MAX = 10 * 60_000;
const LIST_MAX = 100;

const itemSchema = z.object({
  id: z.string(),
  deviceId: z.string(),
  gatewayId: z.string(),
  communityId: z.string(),
  name: z.string(),
  args: z.looseObject({}),
  by: z.string(),
  createdAt: z.number(),
  deadlineAt: z.number(),
  /** sent · delivered · done · failed · expired */
  status: z.string(),
  statusAt: z.number(),
  error: z.string().nullable(),
  result: z.unknown(),
});

const commands: RoutePlugin = async (app, { services }) => {
  const { records, clock, newId, audit } = services;
  const tags = ['commands'];
  const params = z.object({ id: z.string().max(64) });

  app.post(
    '/api/devices/:id/commands',
    {
      config: { access: HANDLE },
      schema: {
        tags,
        summary: 'Command a device through its gateway; past the deadline it is reported as expired, never run late',
        params,
        body: z.strictObject({
          name: z
            .string()
            .min(1)
            .max(64)
            .regex(/^[a-z0-9-]+$/),
          args: z.record(z.string().max(64), z.unknown()).default({}),
          deadlineMs: z.number().int().min(500).max(DEADLINE_MS_MAX).default(DEADLINE_MS_DEFAULT),
        }),
        response: { 202: itemSchema },
      },
    },
    async (request, reply) => {
      const { viewer } = request;
      const device = await seenDevice(services, viewer, request.params.id);
      const { name, args, deadlineMs } = request.body;
      const now = clock.now();
      const row: RecordTables['commands'] = {
        id: newId(),
        deviceId: device.id,
        gatewayId: device.gatewayId,
        communityId: device.communityId,
        name,
        args: JSON.stringify(args),
        by: viewer.username,
        createdAt: now,
        deadlineAt: now + deadlineMs,
        status: 'sent',
        statusAt: now,
        error: null,
        result: null,
      };
      await records.db.transaction().execute(async (db) => {
        await db.insertInto('commands').values(row).execute();
        const { id, deviceId, deadlineAt, by } = row;
        await services.downlinks.queue(db, device.gatewayId, {
          type: 'command',
          id,
          deviceId,
          name,
          args,
          deadlineAt,
          by,
        });
      });
      services.downlinks.changed(device.gatewayId);
      await audit.add({
        actor: { type: 'person', id: viewer.username },
        action: 'device.commanded',
        target: { type: 'device', id: device.id },
        communityId: device.communityId,
        detail: { commandId: row.id, name },
      });
      return reply.code(202).send(item(row));
    },
  );

  app.get(
    '/api/devices/:id/commands',
    {
      config: { access: OPERATIONS },
      schema: { tags, summary: 'The newest commands of a device', params, response: { 200: pageOf(itemSchema) } },
    },
    async (request) => {
      const { id } = await seenDevice(services, request.viewer, request.params.id);
      const rows = await records.db
        .selectFrom('commands')
        .selectAll()
        .where('deviceId', '=', id)
        .orderBy('createdAt', 'desc')
        .limit(LIST_MAX)
        .execute();
      return { items: rows.map(item), nextCursor: null };
    },
  );

  app.get(
    '/api/commands/:id',
    {
      config: { access: OPERATIONS },
      schema: { tags, summary: 'What became of a command', params, response: { 200: itemSchema } },
    },
    async (request) => {
      const row = await records.db
        .selectFrom('commands')
        .selectAll()
        .where('id', '=', request.params.id)
        .executeTakeFirst();
      if (!row) throw new AppError('not-found', 'there is no such command');
      return item(seenOr404(request.viewer, row, 'command'));
    },
  );

  /** With no word from the gateway by the deadline the command counts as expired: the gateway will not run it either. */
  function item(row: RecordTables['commands']) {
    const late = (row.status === 'sent' || row.status === 'delivered') && clock.now() > row.deadlineAt;
    return {
      ...row,
      status: late ? 'expired' : row.status,
      args: JSON.parse(row.args) as Record<string, unknown>,
      result: row.result === null ? null : (JSON.parse(row.result) as unknown),
    };
  }
};

export default commands;
