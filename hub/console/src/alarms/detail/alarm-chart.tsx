/** The device's main reading in the hour around the alarm. */
import { Empty, Select } from 'antd';
import { useState } from 'react';
import { useDevice, useSeries } from '../../api/devices.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { usePreferences } from '../../app/preferences.tsx';
import { useI18n } from '../../i18n/i18n.tsx';
import { Chart } from '../../shared/echarts.tsx';
import { numericFields } from '../../shared/fields.ts';
import { seriesOption } from '../../shared/series-option.ts';

const HALF_MS = 30 * 60_000;
const STEP_MS = 10_000;

export default function AlarmChart({ alarm }: { alarm: AlarmDetail }) {
  const { t, label, text } = useI18n();
  const { dark } = usePreferences();
  const { data: device } = useDevice(alarm.deviceId);
  const fields = numericFields(device);
  const [chosen, setChosen] = useState<string>();
  const field = chosen ?? fields[0] ?? '';
  const from = alarm.firstAt - HALF_MS;
  const to = alarm.firstAt + HALF_MS;
  const { data } = useSeries({ deviceId: alarm.deviceId, field, from, to, stepMs: STEP_MS });
  if (field === '' || (data && data.points.length === 0))
    return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('device.noSeries')} />;
  return (
    <>
      <Select
        size="small"
        value={field}
        onChange={setChosen}
        aria-label={t('device.series')}
        options={fields.map((value) => ({ value, label: label('field', value) }))}
        style={{ minWidth: 140, margin: '6px 0' }}
      />
      <Chart
        height={220}
        label={`${label('field', field)} ${alarm.deviceId}`}
        option={seriesOption({
          points: data?.points ?? [],
          field,
          from,
          to,
          stepMs: STEP_MS,
          dark,
          words: { band: t('device.band'), average: t('device.avg') },
          marks: [{ at: alarm.firstAt, title: text(alarm.title) }],
          zoom: false,
        })}
      />
    </>
  );
}
