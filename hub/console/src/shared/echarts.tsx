/** ECharts with only the parts that Linli draws; imported lazily, since it is the largest library of the console. */
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { DataZoomComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

echarts.use([
  LineChart,
  BarChart,
  CustomChart,
  GridComponent,
  TooltipComponent,
  DataZoomComponent,
  MarkLineComponent,
  CanvasRenderer,
]);

export interface ChartProps {
  option: echarts.EChartsCoreOption;
  height: number;
  label: string;
  /** Start and end of what is visible, in percent of the loaded span. */
  onZoom?: (start: number, end: number) => void;
}

export function Chart({ option, height, label, onZoom }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts>(undefined);
  const zoomed = useRef(onZoom);
  useEffect(() => {
    zoomed.current = onZoom;
  });

  useEffect(() => {
    if (!holder.current) return;
    const made = echarts.init(holder.current);
    chart.current = made;
    made.on('datazoom', () => {
      const zoom = (made.getOption() as { dataZoom?: { start?: number; end?: number }[] }).dataZoom?.[0];
      if (zoom) zoomed.current?.(zoom.start ?? 0, zoom.end ?? 100);
    });
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(holder.current);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true, lazyUpdate: true });
  }, [option]);

  return <div ref={holder} style={{ height, width: '100%' }} role="img" aria-label={label} />;
}

/** The theme's own colours for a canvas, which knows no CSS variables. */
export function chartColors(dark: boolean) {
  return dark
    ? {
        ink: '#b3c0cc',
        line: '#25323e',
        main: '#2fb79f',
        band: 'rgba(47,183,159,0.22)',
        alarm: '#ff6b61',
        bar: '#6cb2ff',
      }
    : {
        ink: '#4b5a56',
        line: '#dfe5e3',
        main: '#0b7a69',
        band: 'rgba(11,122,105,0.16)',
        alarm: '#c6211b',
        bar: '#1763c6',
      };
}
