/** Devices in the records: each change goes together with the register that tells the gateway of it and its line in the audit log. */
import type { Kysely } from 'kysely';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import type { RecordTables } from '../stores/records/tables.ts';

export type DeviceRow = RecordTables['devices'];

export async function changeDevice(
  services: Services,
  change: {
    actor: Parameters<Services['audit']['add']>[0]['actor'];
    action: string;
    device: Pick<DeviceRow, 'id' | 'communityId' | 'gatewayId'>;
    detail?: Record<string, unknown>;
  },
  run: (db: Kysely<RecordTables>) => Promise<void>,
): Promise<void> {
  const { id, communityId, gatewayId } = change.device;
  await services.records.db.transaction().execute(async (db) => {
    await run(db);
    await services.downlinks.queueRegistry(db, gatewayId);
    const { actor, action, detail } = change;
    const entry = { actor, action, target: { type: 'device', id }, communityId, ...(detail ? { detail } : {}) };
    await services.audit.add(entry, db);
  });
  await services.gateways.reload();
  services.downlinks.changed(gatewayId);
}

export async function insertDevice(db: Kysely<RecordTables>, row: DeviceRow): Promise<void> {
  const done = await db
    .insertInto('devices')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (done.numInsertedOrUpdatedRows !== 1n) throw new AppError('conflict', 'a device with this id exists');
}
