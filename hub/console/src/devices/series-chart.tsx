/** A device's series over a chosen span; zooming in fetches finer buckets of what is visible. */
import { Empty, Segmented, Skeleton } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { useSeries } from '../api/devices.ts';
import type { AlarmItem, DeviceItem } from '../api/types.ts';
import { usePreferences } from '../app/preferences.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { Chart } from '../shared/echarts.tsx';
import { seriesOption } from '../shared/series-option.ts';

const RANGES = { '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
type Range = keyof typeof RANGES;
const POINTS_WANTED = 400;
const CHART_PX = 300;
/** Bucket widths that read well, in ms. */
const STEPS = [1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];

function stepFor(spanMs: number): number {
  return STEPS.find((step) => spanMs / step <= POINTS_WANTED) ?? 3_600_000;
}

interface Span {
  from: number;
  to: number;
}

export default function SeriesChart({
  device,
  field,
  alarms,
}: {
  device: DeviceItem;
  field: string;
  alarms: readonly AlarmItem[];
}) {
  const i18n = useI18n();
  const { t, label, text } = i18n;
  const { dark } = usePreferences();
  const [range, setRange] = useState<Range>('1h');
  const [span, setSpan] = useState<Span>(() => recent('1h'));
  const stepMs = stepFor(span.to - span.from);
  const { data, isFetching } = useSeries({ deviceId: device.id, field, ...span, stepMs });
  const onZoom = useZoom(span, setSpan);
  const points = data?.points;
  const option = useMemo(
    () =>
      seriesOption({
        points: points ?? [],
        field,
        ...span,
        stepMs,
        dark,
        words: { band: t('device.band'), average: t('device.avg') },
        marks: alarms
          .filter((alarm) => alarm.firstAt >= span.from && alarm.firstAt <= span.to)
          .slice(0, 20)
          .map((alarm) => ({ at: alarm.firstAt, title: text(alarm.title) })),
        zoom: true,
      }),
    [points, field, span, stepMs, dark, t, text, alarms],
  );
  return (
    <>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
        <Segmented<Range>
          value={range}
          options={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: t(`device.range.${value}`) }))}
          onChange={(value) => {
            setRange(value);
            setSpan(recent(value));
          }}
        />
        <span className="muted">{t('device.step', { step: spanTitle(stepMs, i18n) })}</span>
      </div>
      {!points && <Skeleton active paragraph={{ rows: 6 }} style={{ height: CHART_PX }} />}
      {points?.length === 0 && !isFetching && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('device.noSeries')} />
      )}
      {points && (points.length > 0 || isFetching) && (
        <Chart height={CHART_PX} option={option} onZoom={onZoom} label={`${label('field', field)} ${device.id}`} />
      )}
      <p className="muted">{t('device.zoomHint')}</p>
    </>
  );
}

function recent(range: Range): Span {
  const to = Date.now();
  return { from: to - RANGES[range], to };
}

/** Waits until the hand rests, then makes the visible part the loaded span. */
function useZoom(span: Span, setSpan: (span: Span) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (start: number, end: number) => {
    clearTimeout(timer.current);
    if (end - start > 98) return;
    timer.current = setTimeout(() => {
      const width = span.to - span.from;
      const from = Math.round(span.from + (width * start) / 100);
      const to = Math.round(span.from + (width * end) / 100);
      if (to - from >= 30_000) setSpan({ from, to });
    }, 500);
  };
}
