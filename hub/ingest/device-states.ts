/**
 * The newest word of each device: values with age and quality, liveness. Kept in memory, since every
 * message changes it, and written behind; after a crash it is older by a moment and says so by its
 * own times. In: entries of batches. Out: states for the API.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import type { LatestValue, Liveness } from '../../core/reading.ts';
import type { Records } from '../stores/records/records.ts';

const WRITE_EVERY_MS = 5_000;
const ROWS_PER_STATEMENT_MAX = 200;

type FieldValue = Omit<LatestValue, 'field'>;

export interface DeviceState {
  liveness: Liveness;
  /** When the gateway last judged the liveness, and last heard the device: by the hub's clock. */
  livenessAt: number;
  lastSeenAt: number;
  latest: Record<string, FieldValue>;
}

/**
 * What may be shown of a state: behind a link that is down nobody knows whether a device is alive,
 * so it is neither online nor unavailable; its values stay, with their age.
 */
export function deviceStateNow(state: DeviceState | undefined, link: 'never' | 'up' | 'down') {
  return {
    liveness: link === 'up' ? (state?.liveness ?? 'unknown') : ('unknown' as const),
    lastSeenAt: state?.lastSeenAt || null,
    latest: state?.latest ?? {},
  };
}

export interface DeviceStates {
  start(): Promise<void>;
  stop(): Promise<void>;
  get(deviceId: string): DeviceState | undefined;
  /** An older value than the one known changes nothing. */
  setValue(deviceId: string, field: string, value: FieldValue): void;
  seen(deviceId: string, at: number): void;
  setLiveness(deviceId: string, liveness: Liveness, at: number): void;
  forget(deviceId: string): void;
}

export function createDeviceStates({ records, clock }: { records: Records; clock: Clock }): DeviceStates {
  const states = new Map<string, DeviceState>();
  const changed = new Set<string>();
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();

  return {
    async start() {
      for (const row of await records.db.selectFrom('deviceStates').selectAll().execute())
        states.set(row.deviceId, {
          liveness: row.liveness as Liveness,
          livenessAt: row.livenessAt,
          lastSeenAt: row.lastSeenAt,
          latest: JSON.parse(row.latest) as DeviceState['latest'],
        });
      timer = clock.every(WRITE_EVERY_MS, () => {
        writing = writing.then(write).catch(() => undefined);
      });
    },
    async stop() {
      timer?.cancel();
      await writing;
      await write();
    },
    get: (deviceId) => states.get(deviceId),
    setValue(deviceId, field, value) {
      const state = stateOf(deviceId);
      const known = state.latest[field];
      if (known && measuredAt(known) > measuredAt(value)) return;
      state.latest[field] = value;
      changed.add(deviceId);
    },
    seen(deviceId, at) {
      const state = stateOf(deviceId);
      if (at <= state.lastSeenAt) return;
      state.lastSeenAt = at;
      changed.add(deviceId);
    },
    setLiveness(deviceId, liveness, at) {
      const state = stateOf(deviceId);
      if (at < state.livenessAt) return;
      Object.assign(state, { liveness, livenessAt: at });
      changed.add(deviceId);
    },
    forget(deviceId) {
      states.delete(deviceId);
      changed.delete(deviceId);
    },
  };

  function stateOf(deviceId: string): DeviceState {
    let state = states.get(deviceId);
    if (!state) {
      state = { liveness: 'unknown', livenessAt: 0, lastSeenAt: 0, latest: {} };
      states.set(deviceId, state);
    }
    return state;
  }

  /** What fails to be written stays marked as changed and is tried with the next round. */
  async function write(): Promise<void> {
    const ids = [...changed];
    for (let start = 0; start < ids.length; start += ROWS_PER_STATEMENT_MAX) {
      const part = ids.slice(start, start + ROWS_PER_STATEMENT_MAX);
      const rows = part.flatMap((deviceId) => {
        const state = states.get(deviceId);
        return state ? [{ deviceId, ...state, latest: JSON.stringify(state.latest) }] : [];
      });
      for (const id of part) changed.delete(id);
      if (rows.length === 0) continue;
      try {
        await writeRows(records, rows);
      } catch (error) {
        for (const id of part) changed.add(id);
        throw error;
      }
    }
  }
}

/** By the hub's clock, so that a gateway whose clock was put back is not mute until it has caught up. */
function measuredAt({ at, skewMs = 0 }: FieldValue): number {
  return at - skewMs;
}

type Row = { deviceId: string; liveness: string; livenessAt: number; lastSeenAt: number; latest: string };

async function writeRows(records: Records, rows: Row[]): Promise<void> {
  await records.db
    .insertInto('deviceStates')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('deviceId').doUpdateSet((built) => ({
        liveness: built.ref('excluded.liveness'),
        livenessAt: built.ref('excluded.livenessAt'),
        lastSeenAt: built.ref('excluded.lastSeenAt'),
        latest: built.ref('excluded.latest'),
      })),
    )
    .execute();
}
