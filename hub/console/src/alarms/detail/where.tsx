/** Where it is, twice: on the plan of the community and on a cross-section of the building. Drawn from the devices' own places. */
import { useMemo } from 'react';
import { useOpenAlarms } from '../../api/alarms.ts';
import { useDevices } from '../../api/devices.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { isMuted } from '../order.ts';
import { drawPlan, drawSection } from './plan.ts';
import { PlanPicture } from './plan-picture.tsx';
import { SectionPicture } from './section-picture.tsx';

export function Where({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useI18n();
  const { data: devices } = useDevices();
  const { data: open } = useOpenAlarms();
  const alarming = useMemo(
    () => new Set([...(open?.values() ?? [])].filter((other) => !isMuted(other)).map((other) => other.deviceId)),
    [open],
  );
  const plan = useMemo(() => drawPlan(devices ?? [], alarm), [devices, alarm]);
  const section = useMemo(() => drawSection(devices ?? [], alarm), [devices, alarm]);
  if (!plan && !section) return null;
  return (
    <section className="detail-section">
      <h3>{t('alarm.where')}</h3>
      <div className={`where tone-${alarm.severity}`}>
        {plan && (
          <figure>
            <PlanPicture plan={plan} alarming={alarming} deviceId={alarm.deviceId} building={alarm.location.building} />
            <figcaption className="muted">{t('alarm.plan')}</figcaption>
          </figure>
        )}
        {section && (
          <figure>
            <SectionPicture section={section} alarming={alarming} />
            <figcaption className="muted">{t('alarm.section', { building: section.building })}</figcaption>
          </figure>
        )}
      </div>
    </section>
  );
}
