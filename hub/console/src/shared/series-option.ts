/** The chart of one field: the average as a line in a band from minimum to maximum, alarms as marks. Pure. */
import type { Series } from '../api/types.ts';
import { chartColors } from './echarts.tsx';
import { fieldShown } from './kinds.ts';

export interface SeriesOptions {
  points: Series['points'];
  field: string;
  from: number;
  to: number;
  stepMs: number;
  dark: boolean;
  words: { band: string; average: string };
  marks: { at: number; title: string }[];
  zoom: boolean;
}

export function seriesOption(options: SeriesOptions) {
  const { points, field, from, to, dark, words, marks, zoom } = options;
  const colors = chartColors(dark);
  const { unit, decimals } = fieldShown(field);
  const rows = withGaps(points, options.stepMs);
  const plain = { type: 'line', showSymbol: false, lineStyle: { opacity: 0 }, silent: true, animation: false } as const;
  return {
    animation: false,
    grid: { left: 8, right: 14, top: 26, bottom: zoom ? 52 : 8, containLabel: true },
    tooltip: {
      trigger: 'axis',
      formatter: (entries: { data: unknown }[]) => tooltip(entries, { unit, decimals, words }),
    },
    xAxis: { type: 'time', min: from, max: to, ...axis(colors), splitLine: { show: false } },
    yAxis: { type: 'value', scale: true, name: unit, nameTextStyle: { color: colors.ink }, ...axis(colors) },
    ...(zoom ? { dataZoom: [{ type: 'inside' }, { type: 'slider', height: 22, bottom: 8 }] } : {}),
    series: [
      // A band is a stack: an invisible floor at the minimum, then the difference, filled.
      { ...plain, data: rows.map(([at, min]) => [at, min]), stack: 'band' },
      {
        ...plain,
        name: words.band,
        data: rows.map(([at, min, , max]) => [at, min === null || max === null ? null : max - min]),
        stack: 'band',
        areaStyle: { color: colors.band },
      },
      {
        type: 'line',
        name: words.average,
        data: rows.map(([at, min, avg, max, count]) => [at, avg, min, max, count]),
        showSymbol: points.length < 60,
        symbolSize: 4,
        lineStyle: { color: colors.main, width: 2 },
        itemStyle: { color: colors.main },
        connectNulls: false,
        markLine: {
          symbol: ['none', 'none'],
          silent: false,
          lineStyle: { color: colors.alarm, width: 1.5, type: 'solid' },
          label: { formatter: '{b}', color: colors.alarm, fontSize: 11, position: 'end', distance: 4 },
          data: marks.map((mark) => ({ xAxis: mark.at, name: mark.title })),
        },
      },
    ],
  };
}

type Row = [at: number, min: number | null, avg: number | null, max: number | null, count: number];

/** A silent device must be seen as a hole in the line, not as a straight line across it. */
function withGaps(points: Series['points'], stepMs: number): Row[] {
  const rows: Row[] = [];
  const usual = medianStep(points, stepMs);
  for (const point of points) {
    const before = rows.at(-1);
    if (before && point[0] - before[0] > usual * 4) rows.push([before[0] + usual, null, null, null, 0]);
    rows.push(point);
  }
  return rows;
}

function medianStep(points: Series['points'], stepMs: number): number {
  const steps = points.slice(1).map((point, index) => point[0] - (points[index]?.[0] ?? 0));
  steps.sort((a, b) => a - b);
  return Math.max(stepMs, steps[Math.floor(steps.length / 2)] ?? stepMs);
}

function axis(colors: ReturnType<typeof chartColors>) {
  return {
    axisLabel: { color: colors.ink, hideOverlap: true },
    axisLine: { lineStyle: { color: colors.line } },
    splitLine: { lineStyle: { color: colors.line } },
  };
}

function tooltip(
  entries: { data: unknown }[],
  { unit, decimals, words }: { unit: string; decimals: number; words: { band: string; average: string } },
): string {
  const row = entries.map((entry) => entry.data).find((data) => Array.isArray(data) && data.length === 5);
  if (!Array.isArray(row)) return '';
  const [at, avg, min, max] = row as [number, number | null, number | null, number | null];
  const shown = (value: number | null) => (value === null ? '—' : `${Number(value.toFixed(decimals))} ${unit}`);
  return `${new Date(at).toLocaleString()}<br/>${words.average} <b>${shown(avg)}</b><br/>${words.band} ${shown(min)} – ${shown(max)}`;
}
