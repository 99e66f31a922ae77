/**
 * Gathers telemetry into entries in columns: one entry per device with all its messages of a moment.
 * The journal is its memory: after a crash the segments since the last packed one are read again.
 */
import type { Entry } from '../../core/envelope.ts';
import type { Observation, Quality, Value } from '../../core/reading.ts';

type TelemetryEntry = Extract<Entry, { type: 'telemetry' }>;
type Telemetry = Extract<Observation, { channel: 'telemetry' }>;

interface Columns {
  kind: string;
  communityId: string;
  at: number[];
  receivedAt: number[];
  quality: Quality[];
  /** Field → one value per message; absent ones are null. */
  values: Map<string, (Value | null)[]>;
}

export class Packer {
  /** Device id → its columns. */
  #devices = new Map<string, Columns>();
  #count = 0;
  #oldestAt: number | undefined;

  /** Messages gathered so far. */
  get count(): number {
    return this.#count;
  }

  /** When the oldest of them was received. */
  get oldestAt(): number | undefined {
    return this.#oldestAt;
  }

  add(observation: Telemetry): void {
    const { deviceId, kind, communityId } = observation;
    let columns = this.#devices.get(deviceId);
    if (!columns) {
      columns = { kind, communityId, at: [], receivedAt: [], quality: [], values: new Map() };
      this.#devices.set(deviceId, columns);
    }
    const index = columns.at.length;
    columns.at.push(observation.at);
    columns.receivedAt.push(observation.receivedAt);
    columns.quality.push(observation.quality);
    for (const field in observation.values) {
      let column = columns.values.get(field);
      if (!column) {
        column = [];
        columns.values.set(field, column);
      }
      while (column.length < index) column.push(null);
      column.push(observation.values[field] ?? null);
    }
    this.#count += 1;
    this.#oldestAt ??= observation.receivedAt;
  }

  /** The entries so far; begins anew. */
  take(): { entry: TelemetryEntry; fromAt: number; toAt: number }[] {
    const taken = [...this.#devices].map(([deviceId, columns]) => toEntry(deviceId, columns));
    this.#devices = new Map();
    this.#count = 0;
    this.#oldestAt = undefined;
    return taken;
  }
}

function toEntry(deviceId: string, columns: Columns): { entry: TelemetryEntry; fromAt: number; toAt: number } {
  const { kind, communityId, at, receivedAt, quality } = columns;
  const values: Record<string, (Value | null)[]> = {};
  for (const [field, column] of columns.values) {
    while (column.length < at.length) column.push(null);
    values[field] = column;
  }
  let fromAt = Number.POSITIVE_INFINITY;
  let toAt = 0;
  for (const instant of at) {
    if (instant < fromAt) fromAt = instant;
    if (instant > toAt) toAt = instant;
  }
  return { entry: { type: 'telemetry', deviceId, kind, communityId, at, receivedAt, quality, values }, fromAt, toAt };
}
