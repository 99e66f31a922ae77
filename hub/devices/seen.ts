/** A device that somebody names: as good as absent where they may not see it. */
import { seenOr404, type Viewer } from '../plugins/viewer.ts';
import type { Services } from '../services.ts';
import type { DeviceRow } from './enrol.ts';

export async function seenDevice(
  { records }: Pick<Services, 'records'>,
  viewer: Viewer,
  id: string,
): Promise<DeviceRow> {
  const row = await records.db.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  return seenOr404(viewer, row, 'device');
}
