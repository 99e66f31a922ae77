/**
 * The devices of this gateway: the register, the newest values with age and quality, and liveness.
 * Liveness has one owner, this file, and one source, when the device was last heard: last will and
 * keep-alive are hints. A silent device is `unavailable`, which is neither normal nor alarm.
 */
import type { DeviceKind, RegisteredDevice } from '../core/device.ts';
import type { LatestValue, Liveness, Observation } from '../core/reading.ts';
import type { Work } from './outbox/work.ts';
import type { Store, StoredDeviceState } from './store.ts';

/** A kind that this version does not know is watched like a slow sensor. */
const SILENT_AFTER_MS_OTHERWISE = 30 * 60_000;

export interface LivenessChange {
  device: RegisteredDevice;
  liveness: Exclude<Liveness, 'unknown'>;
  lastSeenAt: number;
}

export interface DeviceState {
  device: RegisteredDevice;
  liveness: Liveness;
  /** 0 when it was never heard. */
  lastSeenAt: number;
  values: Map<string, LatestValue>;
}

export interface DeviceStates {
  setRegistry(devices: readonly RegisteredDevice[]): void;
  devices(): RegisteredDevice[];
  get(deviceId: string): DeviceState | undefined;
  states(): Iterable<DeviceState>;
  /** It said something, at this time of the gateway's clock. */
  heard(deviceId: string, receivedAt: number): void;
  observe(observation: Observation): void;
  /** Devices whose liveness changes at `now`; the change is made. */
  changes(now: number): LivenessChange[];
  /** Writes what changed since the last call. */
  save(work: Work): void;
}

export function openDeviceStates(options: {
  store: Store;
  kinds: ReadonlyMap<string, DeviceKind>;
  /** While the gateway was down nobody could be heard: silence counts from here. */
  startedAt: number;
}): DeviceStates {
  const { store, kinds, startedAt } = options;
  /** Device id → its state. */
  const states = new Map<string, DeviceState>();
  const changed = new Set<string>();
  const removed = new Set<string>();

  const silentAfterMs = (kind: string) => kinds.get(kind)?.silentAfterMs ?? SILENT_AFTER_MS_OTHERWISE;
  const judge = (state: DeviceState, now: number): Liveness => {
    if (state.lastSeenAt === 0) return 'unknown';
    const silentSince = state.liveness === 'unavailable' ? state.lastSeenAt : Math.max(state.lastSeenAt, startedAt);
    return now - silentSince > silentAfterMs(state.device.kind) ? 'unavailable' : 'online';
  };
  return {
    setRegistry(devices) {
      const known = new Set(devices.map((device) => device.id));
      for (const id of states.keys()) {
        if (known.has(id)) continue;
        states.delete(id);
        removed.add(id);
      }
      for (const device of devices) {
        const state = states.get(device.id);
        removed.delete(device.id);
        if (state) state.device = device;
        else states.set(device.id, restoreState(device, store.devices.get(device.id)));
      }
    },
    devices: () => [...states.values()].map((state) => state.device),
    get: (deviceId) => states.get(deviceId),
    states: () => states.values(),
    heard(deviceId, receivedAt) {
      const state = states.get(deviceId);
      if (!state || receivedAt <= state.lastSeenAt) return;
      state.lastSeenAt = receivedAt;
      changed.add(deviceId);
    },
    observe(observation) {
      const state = states.get(observation.deviceId);
      if (!state) return;
      if (observation.receivedAt > state.lastSeenAt) state.lastSeenAt = observation.receivedAt;
      changed.add(observation.deviceId);
      if (observation.channel !== 'telemetry') return;
      const { at, quality, values } = observation;
      for (const field in values) {
        const value = values[field];
        const latest = state.values.get(field);
        if (value === undefined || (latest && latest.at > at)) continue;
        state.values.set(field, { field, value, at, quality });
      }
    },
    changes(now) {
      const found: LivenessChange[] = [];
      for (const state of states.values()) {
        const liveness = judge(state, now);
        if (liveness === state.liveness || liveness === 'unknown') continue;
        state.liveness = liveness;
        changed.add(state.device.id);
        found.push({ device: state.device, liveness, lastSeenAt: state.lastSeenAt });
      }
      return found;
    },
    save(work) {
      const rows = [...changed].flatMap((id) => states.get(id) ?? []).map(toStored);
      const gone = [...removed];
      changed.clear();
      removed.clear();
      if (rows.length + gone.length === 0) return;
      work.write(() => {
        for (const [id, row] of rows) void store.devices.put(id, row);
        for (const id of gone) void store.devices.remove(id);
      });
    },
  };
}

function restoreState(device: RegisteredDevice, stored: StoredDeviceState | undefined): DeviceState {
  if (!stored) return { device, liveness: 'unknown', lastSeenAt: 0, values: new Map() };
  return { ...stored, device, values: new Map(Object.entries(stored.values)) };
}

function toStored({ device, liveness, lastSeenAt, values }: DeviceState): [string, StoredDeviceState] {
  return [device.id, { liveness, lastSeenAt, values: Object.fromEntries(values) }];
}
