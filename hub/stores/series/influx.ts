/**
 * Series in a database that takes line protocol over the InfluxDB v2 API: InfluxDB, VictoriaMetrics.
 * Measurement `linli`, tags `device`, `community`, `kind`, one field per field; VictoriaMetrics joins
 * measurement and field to the name `linli_{field}`. What a device said and the hub got as history
 * carries one field more, `history`, of value 1. A point is named by series and time, so a batch
 * written twice changes nothing and needs no mark.
 * URL: influx+http://[:TOKEN@]host:port?org=…&bucket=…
 */
import { HttpError, InfluxDB, Point, type WriteApi } from '@influxdata/influxdb-client';
import type { Logger } from 'pino';
import { StartError } from '../../../core/errors.ts';
import { createFluxReader } from './influx-flux.ts';
import type { BatchMark, SeriesAnswer, SeriesPoint, SeriesQuery, SeriesRow, SeriesStore } from './series.ts';
import { createVictoriaReader } from './victoria.ts';

const MEASUREMENT = 'linli';
/** No kind of device has a field of this name. */
const HISTORY_FIELD = 'history';
const REQUEST_MS_MAX = 30_000;
const LINES_PER_REQUEST_MAX = 5_000;

/** How points are read back differs between the databases; how they are written does not. */
export interface SeriesReader {
  query(query: SeriesQuery): Promise<SeriesPoint[]>;
}

export interface InfluxTarget {
  /** Without a slash at the end. */
  url: string;
  token: string;
  org: string;
  bucket: string;
}

export function createInfluxSeries(seriesUrl: string, log: Logger): SeriesStore {
  const target = parseTarget(seriesUrl);
  const client = new InfluxDB({ url: target.url, token: target.token, timeout: REQUEST_MS_MAX });
  let reader: SeriesReader | undefined;

  return {
    async start() {
      reader = (await isVictoria(target))
        ? createVictoriaReader(target)
        : createFluxReader(client, target.org, target.bucket);
    },
    async stop() {
      reader = undefined;
    },
    async append(_mark: BatchMark, readings: SeriesRow[], { history = false } = {}) {
      const rows = history ? [...readings, ...historyRows(readings)] : readings;
      for (let start = 0; start < rows.length; start += LINES_PER_REQUEST_MAX)
        await write(client, target, rows.slice(start, start + LINES_PER_REQUEST_MAX));
    },
    async query(query) {
      reader ??= (await isVictoria(target))
        ? createVictoriaReader(target)
        : createFluxReader(client, target.org, target.bucket);
      const [points, marks] = await Promise.all([
        reader.query(query),
        reader.query({ ...query, field: HISTORY_FIELD }),
      ]);
      const marked = new Set(marks.map(([at]) => at));
      const history = points.map(([at]) => at).filter((at) => marked.has(at));
      return { points, history } satisfies SeriesAnswer;
    },
    async prune() {
      log.debug('the retention of the series is the database’s own setting');
    },
    async ping() {
      const answer = await fetch(`${target.url}/health`, { signal: AbortSignal.timeout(5_000) });
      if (!answer.ok) throw new Error(`the series database answers ${answer.status}`);
    },
  };
}

/** One request; resolves when the database has taken it. Retrying is the ingest's business, which keeps the order. */
async function write(client: InfluxDB, { org, bucket }: InfluxTarget, rows: SeriesRow[]): Promise<void> {
  let failure: Error | undefined;
  const api: WriteApi = client.getWriteApi(org, bucket, 'ms', {
    batchSize: LINES_PER_REQUEST_MAX + 1,
    flushInterval: 0,
    maxRetries: 0,
    writeFailed: (error) => {
      failure = error;
      return Promise.resolve();
    },
  });
  api.writePoints(rows.map(pointOf));
  await api.close();
  if (failure) throw new Error(`the series database refused a write: ${reasonOf(failure)}`, { cause: failure });
}

/** One mark for each message, however many fields it has. */
function historyRows(rows: SeriesRow[]): SeriesRow[] {
  const byMessage = new Map(rows.map((row) => [`${row.deviceId} ${row.at}`, row]));
  return [...byMessage.values()].map((row) => ({ ...row, field: HISTORY_FIELD, value: 1 }));
}

function pointOf(row: SeriesRow): Point {
  return new Point(MEASUREMENT)
    .tag('device', row.deviceId)
    .tag('community', row.communityId)
    .tag('kind', row.kind)
    .floatField(row.field, row.value)
    .timestamp(row.at);
}

function reasonOf(error: Error): string {
  return error instanceof HttpError ? `status ${error.statusCode}` : error.message;
}

function parseTarget(seriesUrl: string): InfluxTarget {
  const url = new URL(seriesUrl.replace(/^influx\+/, ''));
  const token = decodeURIComponent(url.password || url.username);
  const org = url.searchParams.get('org') ?? '';
  const bucket = url.searchParams.get('bucket') ?? '';
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new StartError('LINLI_SERIES_URL: must be influx+http://… or influx+https://…');
  return { url: `${url.origin}${url.pathname.replace(/\/$/, '')}`, token, org, bucket };
}

/** InfluxDB says its version in a header of its own; VictoriaMetrics answers this query language. */
async function isVictoria({ url, token }: InfluxTarget): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/api/v1/query?query=1`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(5_000),
    });
    return answer.ok && (await answer.text()).includes('"success"');
  } catch (error) {
    throw new StartError(`the series database at ${new URL(url).host} does not answer: check LINLI_SERIES_URL`, {
      cause: error,
    });
  }
}
