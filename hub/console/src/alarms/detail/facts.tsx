/** The plain facts: times, device, what the sensor said. */
import { Descriptions } from 'antd';
import { Link } from 'react-router';
import type { AlarmDetail } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { clockTitle } from '../../shared/age.ts';
import { valueTitle } from '../../shared/kinds.ts';
import { useNow } from '../../shared/use-now.ts';

export function Facts({ alarm }: { alarm: AlarmDetail }) {
  const { t, label, locale } = useI18n();
  const now = useNow(60_000);
  const time = (at: number) => <span className="num">{clockTitle(at, now, locale)}</span>;
  const words = { yes: t('app.yes'), no: t('app.no') };
  const items = [
    { key: 'first', label: t('alarm.firstAt'), children: time(alarm.firstAt) },
    {
      key: 'last',
      label: t('alarm.lastAt'),
      children: (
        <>
          {time(alarm.lastAt)} · {t('alarm.count', { n: alarm.count })}
        </>
      ),
    },
    ...(alarm.clearedAt === null
      ? []
      : [{ key: 'cleared', label: t('alarm.clearedAt'), children: time(alarm.clearedAt) }]),
    ...(alarm.assignedTo ? [{ key: 'who', label: t('alarm.assignedTo'), children: alarm.assignedTo }] : []),
    {
      key: 'device',
      label: t('alarm.device'),
      children: (
        <Link to={`/devices/${alarm.deviceId}`}>
          {label('kind', alarm.kind)} · {alarm.deviceId}
        </Link>
      ),
    },
    { key: 'rule', label: t('alarm.rule'), children: alarm.rule },
    ...(alarm.cause
      ? [{ key: 'cause', label: t('alarm.cause'), children: <Cause cause={alarm.cause} words={words} /> }]
      : []),
  ];
  return (
    <section className="detail-section">
      <h3>{t('alarm.facts')}</h3>
      <Descriptions size="small" column={{ xs: 1, sm: 2 }} items={items} />
    </section>
  );
}

/** Told elsewhere on the page. */
const NOT_SHOWN = new Set(['event', 'startAt', 'endAt', 'fallId', 'type']);

function Cause({ cause, words }: { cause: NonNullable<AlarmDetail['cause']>; words: { yes: string; no: string } }) {
  const { label } = useI18n();
  return (
    <span>
      {Object.entries(cause)
        .filter(([field]) => !NOT_SHOWN.has(field))
        .map(([field, value]) => `${label('field', field)} ${valueTitle(field, value, words)}`)
        .join(' · ')}
    </span>
  );
}
