/** The load over the span, with the line from which it is a flood. */
import { useMemo } from 'react';
import type { KPI_TARGETS, Kpis } from '../../../../core/kpi.ts';
import { usePreferences } from '../app/preferences.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { Chart, chartColors } from '../shared/echarts.tsx';

export default function LoadChart({ kpis }: { kpis: Kpis & { targets: typeof KPI_TARGETS } }) {
  const { t } = useI18n();
  const { dark } = usePreferences();
  const option = useMemo(() => {
    const colors = chartColors(dark);
    const axis = { axisLabel: { color: colors.ink }, splitLine: { lineStyle: { color: colors.line } } };
    return {
      animation: false,
      grid: { left: 8, right: 60, top: 16, bottom: 8, containLabel: true },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'time', min: kpis.fromAt, max: kpis.toAt, ...axis, splitLine: { show: false } },
      yAxis: { type: 'value', minInterval: 1, ...axis },
      series: [
        {
          type: 'bar',
          name: t('kpi.rateChart'),
          large: true,
          itemStyle: { color: colors.bar },
          data: kpis.rate.map((window) => [window.at, window.perOperator]),
          markLine: {
            symbol: 'none',
            silent: true,
            lineStyle: { color: colors.alarm, type: 'dashed' },
            label: { formatter: t('kpi.floodLine'), color: colors.alarm },
            data: [{ yAxis: kpis.targets.floodBeginsAt }],
          },
        },
      ],
    };
  }, [kpis, dark, t]);
  return <Chart option={option} height={230} label={t('kpi.rateChart')} />;
}
