/** The series store that a URL names. */
import type { Logger } from 'pino';
import { createDuckdbSeries } from './duckdb.ts';
import { createInfluxSeries } from './influx.ts';
import type { SeriesStore } from './series.ts';

export function openSeries(url: string, log: Logger): SeriesStore {
  return url.startsWith('duckdb:') ? createDuckdbSeries(url.slice('duckdb:'.length)) : createInfluxSeries(url, log);
}
