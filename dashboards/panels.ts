/** Panels with the defaults that all dashboards share: one look, one data source. */

import { ReduceDataOptionsBuilder, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE, influxql, type QueryOptions } from './influxql.ts';

export interface PanelOptions extends QueryOptions {
  title: string;
  /** What the number says and what to do about it, for the little i. */
  description: string;
  /** Grafana's unit id. */
  unit?: string;
  /** Columns of 24. */
  span: number;
  /** Upper bounds of green and of yellow; above is red. With `lowIsBad` the other way round. */
  limits?: { warn: number; bad: number; lowIsBad?: boolean };
}

/** The newest value per community or gateway as a big number. */
export function stat(options: PanelOptions): StatBuilder {
  const panel = new StatBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATASOURCE)
    .span(options.span)
    .height(5)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue('—')
    .withTarget(influxql({ ...options, single: false }));
  if (options.unit) panel.unit(options.unit);
  if (options.limits) panel.thresholds(thresholds(options.limits));
  return panel;
}

/** Lines over time. */
export function lines(options: PanelOptions): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATASOURCE)
    .span(options.span)
    .height(8)
    .legend(new VizLegendOptionsBuilder().showLegend(true))
    .withTarget(influxql(options));
  if (options.unit) panel.unit(options.unit);
  return panel;
}

function thresholds({ warn, bad, lowIsBad }: NonNullable<PanelOptions['limits']>): ThresholdsConfigBuilder {
  const colors = lowIsBad ? (['red', 'yellow', 'green'] as const) : (['green', 'yellow', 'red'] as const);
  const [first, second] = lowIsBad ? [bad, warn] : [warn, bad];
  return new ThresholdsConfigBuilder().steps([
    { value: null, color: colors[0] },
    { value: first, color: colors[1] },
    { value: second, color: colors[2] },
  ]);
}
