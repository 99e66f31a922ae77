/** What the entries of a batch say about devices: rows for the series store, newest values, live events. Pure but for the states. */
import type { Entry } from '../../core/envelope.ts';
import { seriesValue } from '../../core/reading.ts';
import type { LiveEvent } from '../live/live.ts';
import { OPERATIONS } from '../plugins/viewer.ts';
import type { SeriesRow } from '../stores/series/series.ts';
import type { Speaker } from './check.ts';
import type { DeviceState, DeviceStates } from './device-states.ts';

export function seriesRows({ communityId }: Speaker, entries: { entry: Entry }[]): SeriesRow[] {
  const rows: SeriesRow[] = [];
  for (const { entry } of entries) {
    if (entry.type !== 'telemetry') continue;
    const { deviceId, kind } = entry;
    for (const [field, column] of Object.entries(entry.values)) {
      column.forEach((value, index) => {
        const number = value === null ? undefined : seriesValue(value);
        const at = entry.at[index];
        if (number !== undefined && at !== undefined)
          rows.push({ communityId, deviceId, kind, field, at, value: number });
      });
    }
  }
  return rows;
}

/** Brings the states of the devices up to date and answers one live event for each device that changed. */
export function applyStates({ communityId }: Speaker, entries: { entry: Entry }[], states: DeviceStates): LiveEvent[] {
  const touched = new Set<string>();
  for (const { entry } of entries) {
    if (entry.type === 'telemetry') {
      applyTelemetry(entry, states);
      touched.add(entry.deviceId);
    } else if (entry.type === 'event') {
      states.seen(entry.deviceId, entry.receivedAt);
      touched.add(entry.deviceId);
    } else if (entry.type === 'liveness') {
      states.setLiveness(entry.deviceId, entry.liveness, entry.at);
      states.seen(entry.deviceId, entry.lastSeenAt);
      touched.add(entry.deviceId);
    }
  }
  return [...touched].flatMap((deviceId) => {
    const state = states.get(deviceId);
    return state ? [deviceEvent(communityId, deviceId, state)] : [];
  });
}

function applyTelemetry(entry: Extract<Entry, { type: 'telemetry' }>, states: DeviceStates): void {
  const { deviceId } = entry;
  for (const [field, column] of Object.entries(entry.values)) {
    column.forEach((value, index) => {
      const at = entry.at[index];
      const quality = entry.quality[index];
      if (value !== null && at !== undefined && quality !== undefined)
        states.setValue(deviceId, field, { value, at, quality });
    });
  }
  for (const at of entry.receivedAt) states.seen(deviceId, at);
}

/** A console that missed some needs only the newest of each device: the key says so. */
function deviceEvent(communityId: string, deviceId: string, state: DeviceState): LiveEvent {
  const { liveness, lastSeenAt, latest } = state;
  return {
    type: 'device',
    communityId,
    roles: OPERATIONS,
    key: `device/${deviceId}`,
    data: { id: deviceId, communityId, liveness, lastSeenAt, latest },
  };
}
