/** The configuration that the hub pushes to a gateway: its versions, which one is wanted, and a next one. */
import { z } from 'zod';
import { gatewaySettingsSchema } from '../../core/gateway-settings.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { pageOf } from '../plugins/lists.ts';
import { OPERATIONS, seenOr404 } from '../plugins/viewer.ts';
import { addSettings, type SettingsTables } from '../uplink/settings.ts';

const SHOWN_MAX = 100;

const itemSchema = z.strictObject({
  version: z.number(),
  settings: gatewaySettingsSchema,
  note: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.number(),
});

const gatewaySettings: RoutePlugin = async (app, { services }) => {
  const { records, audit, downlinks } = services;
  const tags = ['gateways'];
  const params = z.object({ id: z.string().max(64) });

  app.get(
    '/api/gateways/:id/settings',
    {
      config: { access: OPERATIONS },
      schema: {
        tags,
        summary: 'Versions of its pushed configuration, newest first; the first is the wanted one',
        params,
        response: { 200: pageOf(itemSchema) },
      },
    },
    async (request) => {
      const gateway = seenOr404(request.viewer, services.gateways.get(request.params.id), 'gateway');
      const rows = await records.db
        .withTables<SettingsTables>()
        .selectFrom('gatewaySettings')
        .selectAll()
        .where('gatewayId', '=', gateway.id)
        .orderBy('version', 'desc')
        .limit(SHOWN_MAX)
        .execute();
      return { items: rows.map(item), nextCursor: null };
    },
  );

  app.post(
    '/api/gateways/:id/settings',
    {
      config: { access: ['admin'] },
      schema: {
        tags,
        summary:
          'A new version, pushed to the gateway: only what is to be otherwise than in its file. An empty object leaves all to the file',
        params,
        body: z.strictObject({
          settings: gatewaySettingsSchema,
          note: z.string().trim().min(1).max(200).optional(),
        }),
        response: { 201: itemSchema },
      },
    },
    async (request, reply) => {
      const gateway = seenOr404(request.viewer, services.gateways.get(request.params.id), 'gateway');
      const { settings, note } = request.body;
      const { username } = request.viewer;
      const row = await records.db.transaction().execute(async (db) => {
        const added = await addSettings(db, services, { gatewayId: gateway.id, settings, note, createdBy: username });
        const entry = {
          actor: { type: 'person' as const, id: username },
          action: 'gateway.settings-pushed',
          target: { type: 'gateway', id: gateway.id },
          communityId: gateway.communityId,
          detail: { version: added.version, settings },
        };
        await audit.add(entry, db);
        return added;
      });
      await services.gateways.reload();
      downlinks.changed(gateway.id);
      return reply.code(201).send(item(row));
    },
  );
};

function item(row: SettingsTables['gatewaySettings']): z.infer<typeof itemSchema> {
  const { version, note, createdBy, createdAt } = row;
  return { version, settings: JSON.parse(row.settings), note, createdBy, createdAt };
}

export default gatewaySettings;
