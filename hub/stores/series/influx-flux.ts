/** Reads series back from InfluxDB 2 with Flux. */
import { flux, type InfluxDB } from '@influxdata/influxdb-client';
import type { SeriesReader } from './influx.ts';
import type { SeriesPoint } from './series.ts';

interface FluxRow {
  /** Start of the window, epoch ms. */
  startAt: number;
  min: number;
  avg: number;
  max: number;
  count: number;
}

export function createFluxReader(client: InfluxDB, org: string, bucket: string): SeriesReader {
  const api = client.getQueryApi(org);
  return {
    async query({ deviceId, field, from, to, stepMs }) {
      const rows = await api.collectRows<FluxRow>(flux`
        from(bucket: ${bucket})
          |> range(start: time(v: ${from * 1_000_000}), stop: time(v: ${to * 1_000_000}))
          |> filter(fn: (r) => r._measurement == "linli" and r.device == ${deviceId} and r._field == ${field})
          |> group()
          |> window(every: duration(v: ${stepMs * 1_000_000}))
          |> reduce(
            identity: {min: 0.0, sum: 0.0, max: 0.0, count: 0.0},
            fn: (r, accumulator) => ({
              min: if accumulator.count == 0.0 or r._value < accumulator.min then r._value else accumulator.min,
              max: if accumulator.count == 0.0 or r._value > accumulator.max then r._value else accumulator.max,
              sum: accumulator.sum + r._value,
              count: accumulator.count + 1.0,
            })
          )
          |> map(fn: (r) => ({r with avg: r.sum / r.count, startAt: int(v: r._start) / 1000000}))`);
      // A window that the span cuts begins at the span; its bucket begins where the step does.
      return rows
        .map((row): SeriesPoint => [Math.floor(row.startAt / stepMs) * stepMs, row.min, row.avg, row.max, row.count])
        .sort(([a], [b]) => a - b);
    },
  };
}
