/** The series store: numbers of devices over time. Implementations: duckdb.ts, influx.ts; one contract suite. */

/** Names the batch that rows came in; a batch written twice changes nothing. */
export interface BatchMark {
  gatewayId: string;
  epoch: string;
  lane: string;
  seq: number;
}

export interface SeriesRow {
  communityId: string;
  deviceId: string;
  kind: string;
  field: string;
  /** Epoch ms of the measurement. */
  at: number;
  value: number;
}

/** [start of the bucket, min, avg, max, count] */
export type SeriesPoint = [at: number, min: number, avg: number, max: number, count: number];

export interface SeriesAnswer {
  /** One per bucket that holds readings; the start of each is a multiple of `stepMs`. */
  points: SeriesPoint[];
  /** Starts of those buckets that hold at least one reading which came as history. */
  history: number[];
}

export interface SeriesQuery {
  deviceId: string;
  field: string;
  /** Inclusive. */
  from: number;
  /** Exclusive. */
  to: number;
  stepMs: number;
}

export interface SeriesStore {
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Resolves when the rows are durable. `history`: kept by the gateway through an outage, or sent
   * again on request. Each such row is marked as history; since it may have come before under another
   * mark, it is merged by (device, field, at).
   */
  append(mark: BatchMark, rows: SeriesRow[], options?: { history?: boolean }): Promise<void>;
  query(query: SeriesQuery): Promise<SeriesAnswer>;
  /** Forgets what is older. */
  prune(beforeAt: number): Promise<void>;
  /** Throws when the store cannot answer. */
  ping(): Promise<void>;
}
