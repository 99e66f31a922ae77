/** Who makes the noise, and what to do about it. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Kpis } from '../../../../core/kpi.ts';
import { useDevices } from '../api/devices.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useRuleTitle } from '../shared/rule-titles.ts';
import { useNow } from '../shared/use-now.ts';
import { percent } from './figures.tsx';

export function Tuning({ kpis }: { kpis: Kpis }) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  const ruleTitle = useRuleTitle();
  const { data: devices = [] } = useDevices();
  const kinds = new Map(devices.map(({ id, kind }) => [id, [kind]]));
  const sourceTitle = ({ deviceId, rule }: { deviceId: string; rule: string }) =>
    `${deviceId} · ${ruleTitle(rule, kinds.get(deviceId))}`;
  return (
    <div className="cards" style={{ marginTop: 16 }}>
      <Card title={t('kpi.top')} note={percent(kpis.topTenShare)} empty={kpis.top.length === 0}>
        {kpis.top.map((source) => (
          <li key={`${source.deviceId} ${source.rule}`}>
            <Link to={`/devices/${source.deviceId}`}>{sourceTitle(source)}</Link>
            <span className="num">
              {source.raised} · {percent(source.share)}
            </span>
          </li>
        ))}
      </Card>
      <Card title={t('kpi.chattering')} note={t('kpi.fix.chattering')} empty={kpis.chattering.length === 0}>
        {kpis.chattering.map((alarm) => (
          <li key={alarm.alarmId}>
            <Link to={`/alarms/${alarm.alarmId}`}>{sourceTitle(alarm)}</Link>
            <span>{t('kpi.turns', { n: alarm.atWorst })}</span>
          </li>
        ))}
      </Card>
      <Card title={t('kpi.stale')} note={t('kpi.fix.stale')} empty={kpis.stale.length === 0}>
        {kpis.stale.map((alarm) => (
          <li key={alarm.alarmId}>
            <Link to={`/alarms/${alarm.alarmId}`}>{sourceTitle(alarm)}</Link>
            <span>{t('kpi.since', { time: clockTitle(alarm.sinceAt, now, locale) })}</span>
          </li>
        ))}
      </Card>
      <Card title={t('kpi.falseShare')} empty={kpis.falseByRule.length === 0}>
        {kpis.falseByRule.map((rule) => (
          <li key={rule.rule}>
            <span>{ruleTitle(rule.rule)}</span>
            <span>
              {percent(rule.share)} · {t('kpi.judged', { n: rule.judged, wrong: rule.false })}
            </span>
          </li>
        ))}
      </Card>
      <Card title={t('kpi.falseByDevice')} empty={kpis.falseByDevice.length === 0}>
        {kpis.falseByDevice.map((device) => (
          <li key={device.deviceId}>
            <Link to={`/devices/${device.deviceId}`}>{device.deviceId}</Link>
            <span>
              {t('kpi.perDay', { n: device.perDay.toFixed(2) })} · {percent(device.share)} ·{' '}
              {t('kpi.judged', { n: device.judged, wrong: device.false })}
            </span>
          </li>
        ))}
      </Card>
    </div>
  );
}

function Card({ title, note, empty, children }: { title: string; note?: string; empty: boolean; children: ReactNode }) {
  const { t } = useI18n();
  return (
    <section className="panel card">
      <div className="card-head">
        <h2>{title}</h2>
        {!empty && note && <span className="muted">{note}</span>}
      </div>
      {empty ? <p className="muted">{t('kpi.nothing')}</p> : <ul className="gap-list">{children}</ul>}
    </section>
  );
}
