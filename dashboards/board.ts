/** An empty dashboard with what all have: the community variable, refresh, Chinese time. */
import { DashboardBuilder, QueryVariableBuilder, VariableRefresh } from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './influxql.ts';

export function board(options: { id: string; title: string; description: string; from: string }): DashboardBuilder {
  const community = new QueryVariableBuilder('community')
    .label('小区')
    .datasource(DATASOURCE)
    .query('SHOW TAG VALUES FROM "linli" WITH KEY = "community"')
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true });
  return new DashboardBuilder(options.title)
    .uid(`linli-${options.id}`)
    .description(options.description)
    .tags(['linli'])
    .timezone('Asia/Shanghai')
    .refresh('30s')
    .time({ from: options.from, to: 'now' })
    .readonly()
    .withVariable(community);
}
