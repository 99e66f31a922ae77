/** The list of alarms, newest first by first raise. Pages by key, never by offset, so the last page costs what the first does. */
import type { Kysely } from 'kysely';
import type { RecordTables } from '../stores/records/tables.ts';

export interface AlarmQuery {
  /** Undefined: all communities. */
  communityIds: readonly string[] | undefined;
  states?: readonly string[] | undefined;
  severities?: readonly string[] | undefined;
  deviceId?: string | undefined;
  gatewayId?: string | undefined;
  kind?: string | undefined;
  incidentId?: string | undefined;
  /** First raised at or after. */
  from?: number | undefined;
  /** First raised before. */
  to?: number | undefined;
  before?: readonly [at: number, id: string] | undefined;
  limit: number;
}

/** Answers the alarms as they are stored: JSON. */
export async function listAlarms(db: Kysely<RecordTables>, query: AlarmQuery): Promise<string[]> {
  let select = db
    .selectFrom('alarms')
    .select('alarm')
    .orderBy('firstAt', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit);
  const { communityIds, states, severities, deviceId, gatewayId, kind, incidentId, from, to, before } = query;
  if (communityIds) {
    if (communityIds.length === 0) return [];
    select = select.where('communityId', 'in', [...communityIds]);
  }
  if (states) select = select.where('state', 'in', [...states]);
  if (severities) select = select.where('severity', 'in', [...severities]);
  if (deviceId !== undefined) select = select.where('deviceId', '=', deviceId);
  if (gatewayId !== undefined) select = select.where('gatewayId', '=', gatewayId);
  if (kind !== undefined) select = select.where('kind', '=', kind);
  if (incidentId !== undefined) select = select.where('incidentId', '=', incidentId);
  if (from !== undefined) select = select.where('firstAt', '>=', from);
  if (to !== undefined) select = select.where('firstAt', '<', to);
  if (before) {
    const [at, id] = before;
    select = select
      .where('firstAt', '<=', at)
      .where((built) => built.or([built('firstAt', '<', at), built('id', '<', id)]));
  }
  const rows = await select.execute();
  return rows.map((row) => row.alarm);
}
