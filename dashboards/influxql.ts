/**
 * InfluxQL queries for Grafana panels. InfluxQL because InfluxDB 1, 2 and 3 all answer it. The
 * measurement and its tags are those of hub/stores/series/influx.ts.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The uid in provisioning/datasources/linli.yaml. */
export const DATASOURCE: DataSourceRef = { type: 'influxdb', uid: 'linli-series' };

interface InfluxqlQuery extends Dataquery {
  refId: string;
  datasource: DataSourceRef;
  query: string;
  rawQuery: true;
  resultFormat: 'time_series';
  alias?: string;
}

export interface QueryOptions {
  field: string;
  /** `community` and `gateway` for the hub's own figures, else a device kind. */
  kind: string;
  function: 'mean' | 'max' | 'min' | 'sum' | 'last';
  /** Tag whose values become one line each; its value is the name of the line. */
  by?: 'community' | 'device';
  /** One value instead of a line over time. */
  single?: boolean;
  refId?: string;
}

/** A target for `withTarget`. `$community` is the variable at the top of every dashboard. */
export function influxql(options: QueryOptions): Builder<Dataquery> {
  const query: InfluxqlQuery = {
    refId: options.refId ?? 'A',
    datasource: DATASOURCE,
    query: statement(options),
    rawQuery: true,
    resultFormat: 'time_series',
    ...(options.by ? { alias: `$tag_${options.by}` } : {}),
    _implementsDataqueryVariant: () => undefined,
  };
  return { build: () => query };
}

function statement({ field, kind, function: fn, by, single }: QueryOptions): string {
  const groups = [...(single ? [] : ['time($__interval)']), ...(by ? [`"${by}"`] : [])];
  return [
    `SELECT ${fn}("${field}") FROM "linli"`,
    `WHERE "kind" = '${kind}' AND "community" =~ /^$community$/ AND $timeFilter`,
    ...(groups.length > 0 ? [`GROUP BY ${groups.join(', ')}${single ? '' : ' fill(none)'}`] : []),
  ].join(' ');
}
