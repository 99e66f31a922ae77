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

/**
 * Brings the states of the devices up to date and answers one live event for each device that changed.
 * `skewMs`: how far the speaker's clock is ahead of the hub's; when a device was seen is told by the
 * hub's clock, since it is there to be compared.
 */
export function applyStates(options: {
  speaker: Speaker;
  entries: { entry: Entry }[];
  states: DeviceStates;
  skewMs: number;
  now: number;
}): LiveEvent[] {
  const { states, skewMs, now } = options;
  const { communityId } = options.speaker;
  const touched = new Set<string>();
  const byHubClock = (at: number) => Math.min(now, at - skewMs);
  for (const { entry } of options.entries) {
    if (entry.type === 'telemetry') {
      applyValues(entry, states, skewMs);
      for (const at of entry.receivedAt) states.seen(entry.deviceId, byHubClock(at));
      touched.add(entry.deviceId);
    } else if (entry.type === 'event') {
      states.seen(entry.deviceId, byHubClock(entry.receivedAt));
      touched.add(entry.deviceId);
    } else if (entry.type === 'liveness') {
      states.setLiveness(entry.deviceId, entry.liveness, byHubClock(entry.at));
      states.seen(entry.deviceId, byHubClock(entry.lastSeenAt));
      touched.add(entry.deviceId);
    }
  }
  return [...touched].flatMap((deviceId) => {
    const state = states.get(deviceId);
    return state ? [deviceEvent(communityId, deviceId, state)] : [];
  });
}

/** Only what the gateway's own clock said is corrected by its skew: a device that tells a time has a clock of its own. */
function applyValues(entry: Extract<Entry, { type: 'telemetry' }>, states: DeviceStates, skewMs: number): void {
  const { deviceId } = entry;
  for (const [field, column] of Object.entries(entry.values)) {
    column.forEach((value, index) => {
      const at = entry.at[index];
      const quality = entry.quality[index];
      if (value === null || at === undefined || quality === undefined) return;
      const isOfGateway = skewMs !== 0 && at === entry.receivedAt[index];
      states.setValue(deviceId, field, { value, at, quality, ...(isOfGateway ? { skewMs } : {}) });
    });
  }
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
