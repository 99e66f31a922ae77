/**
 * Series in a DuckDB file. Rows are (series, at, value) with a dictionary of series, so that a reading
 * is 20 bytes before compression. The mark of a batch is written in the transaction of its rows:
 * after a crash a batch is in, or it is not, and one that comes again is recognised.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { StartError } from '../../../core/errors.ts';
import { reopening } from './reopening.ts';
import type { BatchMark, SeriesAnswer, SeriesPoint, SeriesQuery, SeriesRow, SeriesStore } from './series.ts';

/** Batches joined into one transaction: one commit to disk serves all who wait. */
const BATCHES_PER_COMMIT_MAX = 64;
const THREADS = '2';
const MEMORY_LIMIT = '1GB';

interface Waiting {
  mark: BatchMark;
  rows: SeriesRow[];
  history: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function createDuckdbSeries(file: string): SeriesStore {
  return reopening(() => new DuckdbSeries(file), isFatal);
}

/**
 * DuckDB answers nothing more after it: a disk that was full, say, when the log was moved into the file. What was
 * committed is in the log.
 */
function isFatal(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('FATAL Error');
}

class DuckdbSeries implements SeriesStore {
  readonly #file: string;
  #instance: DuckDBInstance | undefined;
  #writer: DuckDBConnection | undefined;
  #reader: DuckDBConnection | undefined;
  /** Device and field → number in the dictionary. */
  #ids = new Map<string, number>();
  /** Gateway, epoch and lane → highest sequence that is in. */
  #marks = new Map<string, number>();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async start(): Promise<void> {
    if (this.#file !== ':memory:') await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.#instance = await openInstance(this.#file);
    this.#writer = await this.#instance.connect();
    this.#reader = await this.#instance.connect();
    const writer = this.#writer;
    await writer.run(
      'create table if not exists series (id integer primary key, community varchar, device varchar, kind varchar, field varchar)',
    );
    await writer.run('create table if not exists readings (series integer, measured_at bigint, value double)');
    await writer.run('alter table readings add column if not exists history boolean default false');
    await writer.run(
      'create table if not exists marks (gateway varchar, epoch varchar, lane varchar, seq bigint, primary key (gateway, epoch, lane))',
    );
    await writer.run('create temp table replayed (series integer, measured_at bigint, value double, history boolean)');
    const series = await writer.runAndReadAll('select id, device, field from series');
    for (const [id, device, field] of series.getRows())
      this.#ids.set(seriesKey(String(device), String(field)), Number(id));
    const marks = await writer.runAndReadAll('select gateway, epoch, lane, seq from marks');
    for (const [gateway, epoch, lane, seq] of marks.getRows())
      this.#marks.set(`${gateway}/${epoch}/${lane}`, Number(seq));
  }

  async stop(): Promise<void> {
    await this.#writing;
    this.#reader?.closeSync();
    this.#writer?.closeSync();
    this.#instance?.closeSync();
  }

  append(mark: BatchMark, rows: SeriesRow[], options: { history?: boolean } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ mark, rows, history: options.history ?? false, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  async query({ deviceId, field, from, to, stepMs }: SeriesQuery): Promise<SeriesAnswer> {
    const id = this.#ids.get(seriesKey(deviceId, field));
    if (id === undefined) return { points: [], history: [] };
    const read = await this.#open(this.#reader).runAndReadAll(
      `select measured_at // $step * $step as bucket, min(value), avg(value), max(value), count(*), bool_or(history)
       from readings where series = $id and measured_at >= $from and measured_at < $to group by bucket order by bucket`,
      { step: BigInt(stepMs), id, from: BigInt(from), to: BigInt(to) },
    );
    const rows = read.getRows();
    return {
      points: rows.map((row) => row.slice(0, 5).map(Number) as SeriesPoint),
      history: rows.filter((row) => row[5] === true).map(([bucket]) => Number(bucket)),
    };
  }

  async prune(beforeAt: number): Promise<void> {
    await this.#open(this.#reader).run('delete from readings where measured_at < $before', {
      before: BigInt(beforeAt),
    });
  }

  async ping(): Promise<void> {
    await this.#open(this.#reader).run('select 1');
  }

  #open(connection: DuckDBConnection | undefined): DuckDBConnection {
    if (!connection) throw new Error('the series store is not started');
    return connection;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batches = this.#waiting.splice(0, BATCHES_PER_COMMIT_MAX);
      try {
        await this.#commit(batches);
        for (const batch of batches) batch.resolve();
      } catch (error) {
        for (const batch of batches) batch.reject(error);
      }
    }
    // In the same turn as the last look at the queue, so that no batch can come in between and wait for nobody.
    this.#writing = undefined;
  }

  async #commit(batches: Waiting[]): Promise<void> {
    const writer = this.#open(this.#writer);
    const marks = new Map<string, Waiting>();
    const fresh = batches.filter((batch) => {
      const key = markKey(batch.mark);
      const highest = marks.get(key)?.mark.seq ?? this.#marks.get(key) ?? 0;
      if (batch.mark.seq <= highest) return false;
      marks.set(key, batch);
      return true;
    });
    if (fresh.length === 0) return;
    const added: [string, number][] = [];
    await writer.run('begin');
    try {
      await this.#appendRows(
        writer,
        'readings',
        fresh.filter((batch) => !batch.history),
        added,
      );
      await this.#mergeReplayed(
        writer,
        fresh.filter((batch) => batch.history),
        added,
      );
      for (const { mark } of marks.values())
        await writer.run('insert or replace into marks values ($gatewayId, $epoch, $lane, $seq)', {
          ...mark,
          seq: BigInt(mark.seq),
        });
      await writer.run('commit');
    } catch (error) {
      for (const [key] of added) this.#ids.delete(key);
      await writer.run('rollback').catch(() => undefined);
      throw error;
    }
    for (const [key, batch] of marks) this.#marks.set(key, batch.mark.seq);
  }

  async #appendRows(
    writer: DuckDBConnection,
    table: string,
    batches: Waiting[],
    added: [string, number][],
  ): Promise<void> {
    if (batches.every((batch) => batch.rows.length === 0)) return;
    const names: [string, SeriesRow][] = [];
    const appender = await writer.createAppender(table, null, table === 'replayed' ? 'temp' : null);
    for (const { rows, history } of batches)
      for (const row of rows) {
        this.#appendRow(appender, row, added, names);
        appender.appendBoolean(history);
        appender.endRow();
      }
    appender.closeSync();
    for (const [key, row] of names)
      await writer.run('insert into series values ($id, $communityId, $deviceId, $kind, $field)', {
        id: this.#ids.get(key) ?? 0,
        communityId: row.communityId,
        deviceId: row.deviceId,
        kind: row.kind,
        field: row.field,
      });
  }

  #appendRow(appender: DuckDBAppender, row: SeriesRow, added: [string, number][], names: [string, SeriesRow][]): void {
    const key = seriesKey(row.deviceId, row.field);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size + 1;
      this.#ids.set(key, id);
      added.push([key, id]);
      names.push([key, row]);
    }
    appender.appendInteger(id);
    appender.appendBigInt(BigInt(row.at));
    appender.appendDouble(row.value);
  }

  /** Rows that may be here already under another mark: only what is missing goes in. */
  async #mergeReplayed(writer: DuckDBConnection, batches: Waiting[], added: [string, number][]): Promise<void> {
    if (batches.length === 0) return;
    await this.#appendRows(writer, 'replayed', batches, added);
    // Rows lie about in the order of time, so the bounds let DuckDB skip nearly all of the table.
    const bounds = await writer.runAndReadAll('select min(measured_at), max(measured_at) from replayed');
    const [from, to] = bounds.getRows()[0] ?? [];
    if (typeof from === 'bigint' && typeof to === 'bigint')
      await writer.run(
        `insert into readings
         select distinct on (series, measured_at) series, measured_at, value, history from replayed fresh
         where not exists (
           select 1 from readings known
           where known.measured_at between $from and $to
             and known.series = fresh.series and known.measured_at = fresh.measured_at
         )`,
        { from, to },
      );
    await writer.run('delete from replayed');
  }
}

async function openInstance(file: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, { threads: THREADS, memory_limit: MEMORY_LIMIT });
  } catch (error) {
    const isLocked = error instanceof Error && error.message.includes('lock');
    throw new StartError(
      isLocked
        ? `${file} is in use: another hub runs on this data folder; stop it or set LINLI_DATA_DIR`
        : `${file} cannot be opened: check LINLI_SERIES_URL and the rights of the folder`,
      { cause: error },
    );
  }
}

function seriesKey(deviceId: string, field: string): string {
  return `${deviceId}\n${field}`;
}

function markKey(mark: BatchMark): string {
  return `${mark.gatewayId}/${mark.epoch}/${mark.lane}`;
}
