/** One device: its values, its series with alarms marked, its alarms, and for an administrator its secret. */

import { CloseOutlined } from '@ant-design/icons';
import { App, Button, Result, Skeleton } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { SeverityMark } from '../alarms/severity-mark.tsx';
import { useAlarmHistory } from '../api/alarms.ts';
import { useDevice, useGateways, useRemoveDevice, useRotate } from '../api/devices.ts';
import type { AlarmItem, DeviceItem, EnrolledDevice } from '../api/types.ts';
import { CameraHealth } from '../camera/camera-health.tsx';
import { CameraView } from '../camera/camera-view.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { flatPages } from '../live/apply.ts';
import { numericFields } from '../shared/fields.ts';
import { Since } from '../shared/since.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useMay } from '../shared/use-may.ts';
import { useProblem } from '../shared/use-problem.ts';
import { Liveness } from './liveness.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { ValueCards } from './values.tsx';

const SeriesChart = lazy(() => import('./series-chart.tsx'));

export function DeviceDetail({ id, onClose }: { id: string; onClose(): void }) {
  const { t, label, language } = useI18n();
  const { data: device, isLoading } = useDevice(id);
  const { data: pages } = useAlarmHistory({ deviceId: id, limit: 50 });
  const alarms = flatPages(pages);
  const [chosen, setChosen] = useState<string>();
  const communityName = useCommunityName();
  if (!device)
    return isLoading ? (
      <Skeleton active style={{ padding: 24 }} />
    ) : (
      <Result status="404" title={t('error.notFound')} extra={<Button onClick={onClose}>{t('app.back')}</Button>} />
    );
  const field = chosen ?? numericFields(device)[0] ?? '';
  return (
    <article className="detail">
      <header className="detail-head" style={{ ['--tone-soft' as string]: 'var(--panel-2)' }}>
        <div className="detail-title">
          <p className="detail-place">{locationTitle(device.location, language)}</p>
          <h2>
            {label('kind', device.kind)} · {device.id}
          </h2>
          <p className="row-meta">
            <Liveness device={device} />
            <span>{communityName(device.communityId)}</span>
            <span>
              {t('device.gateway')} {device.gatewayId}
            </span>
          </p>
        </div>
        <Button type="text" icon={<CloseOutlined />} aria-label={t('app.close')} onClick={onClose} />
      </header>
      <section className="detail-section">
        <h3>{t('device.latest')}</h3>
        {Object.keys(device.latest).length === 0 ? (
          <p className="muted">{t('device.noValues')}</p>
        ) : (
          <ValueCards device={device} field={field} onField={setChosen} />
        )}
      </section>
      {field !== '' && (
        <section className="detail-section">
          <h3>
            {t('device.series')} · {label('field', field)}
          </h3>
          <Suspense fallback={<Skeleton active />}>
            <SeriesChart key={field} device={device} field={field} alarms={alarms} />
          </Suspense>
        </section>
      )}
      {device.kind === 'high-throw-camera' && <Camera device={device} />}
      <DeviceAlarms alarms={alarms} />
      <Admin device={device} onRemoved={onClose} />
    </article>
  );
}

/** Its gateway looks at its pictures, and tells how they are doing. */
function Camera({ device }: { device: DeviceItem }) {
  const { t } = useI18n();
  const { data: gateways } = useGateways();
  const may = useMay();
  const camera = gateways
    ?.find((gateway) => gateway.id === device.gatewayId)
    ?.cameras.find((one) => one.deviceId === device.id);
  return (
    <section className="detail-section camera-line">
      <h3>{t('camera.title')}</h3>
      {camera && <CameraHealth camera={camera} />}
      {may.handleAlarms && (
        <CameraView deviceId={device.id}>
          {(url) => <img className="camera-now" src={url} alt={t('calibrate.picture')} />}
        </CameraView>
      )}
    </section>
  );
}

function DeviceAlarms({ alarms }: { alarms: readonly AlarmItem[] }) {
  const { t, text } = useI18n();
  if (alarms.length === 0) return null;
  return (
    <section className="detail-section">
      <h3>{t('device.alarms')}</h3>
      <ul className="gap-list">
        {alarms.map((alarm) => (
          <li key={alarm.id}>
            <Link to={`/alarms/${alarm.id}`} style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
              <SeverityMark severity={alarm.severity} state={alarm.state} size={20} />
              {text(alarm.title)}
            </Link>
            <span className="muted">
              {t(`state.${alarm.state}`)} · <Since at={alarm.lastAt} skewMs={alarm.skewMs} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Admin({ device, onRemoved }: { device: DeviceItem; onRemoved(): void }) {
  const { t } = useI18n();
  const may = useMay();
  const { modal, message } = App.useApp();
  const problem = useProblem();
  const rotate = useRotate();
  const removeDevice = useRemoveDevice();
  const [secret, setSecret] = useState<EnrolledDevice | null>(null);
  if (!may.administer) return null;
  const ask = (title: string, run: () => Promise<unknown>) =>
    modal.confirm({ title, okText: t('app.confirm'), cancelText: t('app.cancel'), onOk: () => run().catch(problem) });
  return (
    <section className="detail-section">
      <div className="detail-buttons">
        {device.kind === 'high-throw-camera' && (
          <Link to={`/devices/${device.id}/calibration`}>
            <Button>{t('calibrate.title')}</Button>
          </Link>
        )}
        <Button onClick={() => ask(t('device.rotateAsk'), async () => setSecret(await rotate.mutateAsync(device.id)))}>
          {t('device.rotate')}
        </Button>
        <Button
          danger
          onClick={() =>
            ask(t('device.removeAsk'), async () => {
              await removeDevice.mutateAsync(device.id);
              void message.success(t('device.removed'));
              onRemoved();
            })
          }
        >
          {t('device.remove')}
        </Button>
      </div>
      {secret && <SecretDialog device={{ ...device, ...secret }} onClose={() => setSecret(null)} />}
    </section>
  );
}
