/**
 * Up to which sequence each lane of each gateway's store is stored. Batches that change the records
 * write their mark in the same transaction; batches of numbers only have theirs in the series store,
 * and the mark here follows a moment later: a batch that comes again is recognised there.
 */
import type { Kysely } from 'kysely';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';

const WRITE_EVERY_MS = 5_000;

export interface Mark {
  gatewayId: string;
  epoch: string;
  lane: string;
  seq: number;
}

export interface LaneMarks {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** 0 while nothing is stored. */
  seq(lane: Omit<Mark, 'seq'>): number;
  /** The lanes of a gateway's present store. */
  lanesOf(gatewayId: string): { epoch: string; lane: string; seq: number; storedAt: number }[];
  writeIn(db: Kysely<RecordTables>, mark: Mark): Promise<void>;
  /** Call when the batch is stored. */
  passed(mark: Mark, written: boolean): void;
}

export function createLaneMarks({ records, clock }: { records: Records; clock: Clock }): LaneMarks {
  /** Gateway, epoch and lane → mark. */
  const marks = new Map<string, Mark & { storedAt: number }>();
  const unwritten = new Set<string>();
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();

  return {
    async start() {
      for (const row of await records.db.selectFrom('laneMarks').selectAll().execute()) marks.set(keyOf(row), row);
      timer = clock.every(WRITE_EVERY_MS, () => {
        writing = writing.then(write).catch(() => undefined);
      });
    },
    async stop() {
      timer?.cancel();
      await writing;
      await write();
    },
    seq: (lane) => marks.get(keyOf(lane))?.seq ?? 0,
    lanesOf: (gatewayId) => [...marks.values()].filter((mark) => mark.gatewayId === gatewayId),
    writeIn: (db, mark) => upsert(db, [{ ...mark, storedAt: clock.now() }]),
    passed(mark, written) {
      const key = keyOf(mark);
      marks.set(key, { ...mark, storedAt: clock.now() });
      if (written) unwritten.delete(key);
      else unwritten.add(key);
    },
  };

  /** One statement for all: each commit waits for the disk, and everybody waits with it. */
  async function write(): Promise<void> {
    const keys = [...unwritten];
    const rows = keys.flatMap((key) => marks.get(key) ?? []);
    if (rows.length === 0) return;
    await upsert(records.db, rows);
    for (const [index, key] of keys.entries()) if (marks.get(key) === rows[index]) unwritten.delete(key);
  }
}

function keyOf(mark: { gatewayId: string; epoch: string; lane: string }): string {
  return `${mark.gatewayId}/${mark.epoch}/${mark.lane}`;
}

async function upsert(db: Kysely<RecordTables>, rows: RecordTables['laneMarks'][]): Promise<void> {
  await db
    .insertInto('laneMarks')
    .values(rows.map(({ gatewayId, epoch, lane, seq, storedAt }) => ({ gatewayId, epoch, lane, seq, storedAt })))
    .onConflict((conflict) =>
      conflict.columns(['gatewayId', 'epoch', 'lane']).doUpdateSet((built) => ({
        seq: built.ref('excluded.seq'),
        storedAt: built.ref('excluded.storedAt'),
      })),
    )
    .execute();
}
