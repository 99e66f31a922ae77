/** A device as the API shows it: its record, and its newest word with its age. */
import { deviceStateNow } from '../ingest/device-states.ts';
import type { Viewer } from '../plugins/viewer.ts';
import type { Services } from '../services.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import { deviceOf } from '../uplink/downlinks.ts';

export function deviceItem(services: Services, row: RecordTables['devices'], viewer: Viewer) {
  const { options, ...device } = deviceOf(row);
  const state = services.states.get(row.id);
  const { link } = services.gateways.status(row.gatewayId);
  return {
    ...device,
    createdAt: row.createdAt,
    // A camera's options may hold the password of its stream.
    ...(viewer.role === 'admin' && options ? { options } : {}),
    family: services.kinds.get(row.kind)?.family ?? null,
    gatewayLink: link,
    ...deviceStateNow(state, link),
  };
}
