/** What every series store must do, run on DuckDB and on a real VictoriaMetrics. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSeries } from '../../hub/stores/series/open.ts';
import type { SeriesRow, SeriesStore } from '../../hub/stores/series/series.ts';
import { programOrSkip } from '../../tools/programs.ts';
import { type Server, startVictoria } from './servers.ts';

const log = pino({ level: 'silent' });
/** A multiple of all steps used here. */
const START = 1_760_000_000_000 - (1_760_000_000_000 % 3_600_000);

interface Opened {
  store: SeriesStore;
  /** Opens the same data again, as after a crash. */
  reopen(): Promise<SeriesStore>;
  /** Makes what was written show: VictoriaMetrics does it by itself only after some seconds. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

function suite(name: string, isAvailable: () => boolean, open: () => Promise<Opened>): void {
  describe.skipIf(!isAvailable())(`series in ${name}`, () => {
    let opened: Opened;
    let seq = 0;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const append = (rows: SeriesRow[], options = {}) => {
      seq += 1;
      return opened.store.append({ gatewayId: 'gw', epoch: 'e1', lane: 'telemetry', seq }, rows, options);
    };
    const row = (deviceId: string, at: number, value: number, field = 'fillPercent'): SeriesRow => ({
      communityId: 'c1',
      deviceId,
      kind: 'smart-bin',
      field,
      at,
      value,
    });
    const query = (deviceId: string, from: number, to: number, stepMs: number, field = 'fillPercent') =>
      opened.store.query({ deviceId, field, from, to, stepMs }).then(({ points }) => points);

    it('answers min, average, max and count of each bucket that holds readings', async () => {
      await append([row('bin-1', START + 100, 10), row('bin-1', START + 900, 20), row('bin-1', START + 3_500, 7)]);
      await opened.settle();
      expect(await query('bin-1', START, START + 10_000, 1_000)).toEqual([
        [START, 10, 15, 20, 2],
        [START + 3_000, 7, 7, 7, 1],
      ]);
    });

    it('puts a reading at the start of a bucket into it and one at its end into the next', async () => {
      await append([row('bin-2', START, 1), row('bin-2', START + 999, 2), row('bin-2', START + 1_000, 3)]);
      await opened.settle();
      expect(await query('bin-2', START, START + 2_000, 1_000)).toEqual([
        [START, 1, 1.5, 2, 2],
        [START + 1_000, 3, 3, 3, 1],
      ]);
    });

    it('counts only readings of the span in buckets that the span cuts', async () => {
      await append([0, 1, 2, 3, 4, 5].map((index) => row('bin-3', START + index * 500, index)));
      await opened.settle();
      expect(await query('bin-3', START + 500, START + 2_500, 1_000)).toEqual([
        [START, 1, 1, 1, 1],
        [START + 1_000, 2, 2.5, 3, 2],
        [START + 2_000, 4, 4, 4, 1],
      ]);
      expect(await query('bin-3', START + 400, START + 600, 1_000)).toEqual([[START, 1, 1, 1, 1]]);
    });

    it('changes nothing when a batch is written twice, also after a restart', async () => {
      const mark = { gatewayId: 'gw', epoch: 'e2', lane: 'telemetry', seq: 1 };
      const rows = [row('bin-4', START, 5), row('bin-4', START + 10, 6)];
      await opened.store.append(mark, rows);
      await opened.store.append(mark, rows);
      opened.store = await opened.reopen();
      await opened.store.append(mark, rows);
      await opened.settle();
      expect(await query('bin-4', START, START + 1_000, 1_000)).toEqual([[START, 5, 5.5, 6, 2]]);
    });

    it('merges a range that is sent again under new marks', async () => {
      await append([row('bin-5', START, 1), row('bin-5', START + 1, 2)]);
      await append([row('bin-5', START + 1, 2), row('bin-5', START + 2, 3), row('bin-5', START + 2, 3)], {
        history: true,
      });
      await opened.settle();
      expect(await query('bin-5', START, START + 1_000, 1_000)).toEqual([[START, 1, 2, 3, 3]]);
    });

    it('tells the buckets that hold readings which came as history, of each device and message', async () => {
      const at = (second: number) => START + second * 1_000;
      await append([row('bin-10', at(0), 1), row('bin-10', at(1), 2), row('bin-11', at(2), 9)]);
      const replayed = [row('bin-10', at(1) + 5, 3), row('bin-10', at(2), 4), row('bin-10', at(3), 5, 'tiltDegree')];
      await append(replayed, { history: true });
      await opened.settle();
      const answer = (deviceId: string, field = 'fillPercent') =>
        opened.store.query({ deviceId, field, from: at(0), to: at(10), stepMs: 1_000 });
      expect(await answer('bin-10')).toEqual({
        points: [
          [at(0), 1, 1, 1, 1],
          [at(1), 2, 2.5, 3, 2],
          [at(2), 4, 4, 4, 1],
        ],
        history: [at(1), at(2)],
      });
      expect(await answer('bin-10', 'tiltDegree')).toEqual({ points: [[at(3), 5, 5, 5, 1]], history: [at(3)] });
      expect((await answer('bin-11')).history).toEqual([]);
    });

    it('keeps devices and fields apart, and knows nothing of others', async () => {
      await append([row('bin-6', START, 1), row('bin-6', START, 2, 'temperatureCelsius'), row('bin-7', START, 3)]);
      await opened.settle();
      expect(await query('bin-6', START, START + 1_000, 1_000, 'temperatureCelsius')).toEqual([[START, 2, 2, 2, 1]]);
      expect(await query('bin-6', START, START + 1_000, 1_000)).toEqual([[START, 1, 1, 1, 1]]);
      expect(await query('no-such', START, START + 1_000, 1_000)).toEqual([]);
    });

    it('answers 10,000 buckets in one call', async () => {
      const rows = Array.from({ length: 10_000 }, (_, index) => row('bin-8', START + index * 60_000, index));
      await append(rows);
      await opened.settle();
      expect(await query('bin-8', START, START + 10_000 * 60_000, 60_000)).toHaveLength(10_000);
    });

    it('takes batches beside each other and loses none', async () => {
      const batches = Array.from({ length: 40 }, (_, batch) =>
        Array.from({ length: 25 }, (_, index) => row('bin-9', START + (batch * 25 + index) * 10, 1)),
      );
      await Promise.all(
        batches.map((rows, index) =>
          opened.store.append({ gatewayId: `gw-${index}`, epoch: 'e', lane: 'telemetry', seq: 1 }, rows),
        ),
      );
      await opened.settle();
      expect(await query('bin-9', START, START + 3_600_000, 3_600_000)).toEqual([[START, 1, 1, 1, 1_000]]);
    });
  });
}

suite(
  'DuckDB',
  () => true,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linli-series-'));
    const url = `duckdb:${join(folder, 'series.duckdb')}`;
    const opened: Opened = {
      store: openSeries(url, log),
      settle: async () => undefined,
      async reopen() {
        await opened.store.stop();
        const store = openSeries(url, log);
        await store.start();
        return store;
      },
      async close() {
        await opened.store.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
    await opened.store.start();
    return opened;
  },
);

const victoria = programOrSkip('victoria-metrics');
suite(
  'VictoriaMetrics (package victoria-metrics)',
  () => victoria !== undefined,
  async () => {
    const server: Server = await startVictoria(victoria ?? '');
    const opened: Opened = {
      store: openSeries(server.url, log),
      async settle() {
        await fetch(`${server.url.replace('influx+', '')}/internal/force_flush`);
      },
      async reopen() {
        const store = openSeries(server.url, log);
        await store.start();
        return store;
      },
      async close() {
        await opened.store.stop();
        await server.stop();
      },
    };
    await opened.store.start();
    return opened;
  },
);

describe('a DuckDB file from before rows had a mark of history', () => {
  it('is read as it was, and takes marked rows', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linli-series-'));
    const file = join(folder, 'series.duckdb');
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    for (const line of [
      'create table series (id integer primary key, community varchar, device varchar, kind varchar, field varchar)',
      'create table readings (series integer, measured_at bigint, value double)',
      "insert into series values (1, 'c1', 'bin-1', 'smart-bin', 'fillPercent')",
      `insert into readings values (1, ${START}, 7)`,
    ])
      await connection.run(line);
    connection.closeSync();
    instance.closeSync();
    const store = openSeries(`duckdb:${file}`, log);
    await store.start();
    const row = { communityId: 'c1', deviceId: 'bin-1', kind: 'smart-bin', field: 'fillPercent' };
    await store.append(
      { gatewayId: 'gw', epoch: 'e', lane: 'backlog', seq: 1 },
      [{ ...row, at: START + 1_000, value: 8 }],
      {
        history: true,
      },
    );
    const query = { deviceId: 'bin-1', field: 'fillPercent', from: START, to: START + 2_000, stepMs: 1_000 };
    expect(await store.query(query)).toEqual({
      points: [
        [START, 7, 7, 7, 1],
        [START + 1_000, 8, 8, 8, 1],
      ],
      history: [START + 1_000],
    });
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('series in a database that is away', () => {
  it('refuses a write, so that the batch is not acknowledged', async () => {
    const store = openSeries('influx+http://127.0.0.1:9', log);
    await expect(
      store.append({ gatewayId: 'gw', epoch: 'e', lane: 'telemetry', seq: 1 }, [
        { communityId: 'c', deviceId: 'd', kind: 'k', field: 'f', at: START, value: 1 },
      ]),
    ).rejects.toThrow('the series database refused a write');
  });
});
