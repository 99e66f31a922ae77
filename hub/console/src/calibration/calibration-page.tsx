/** Camera calibration: click window corners on a picture of the camera, name their floor and column line, save. */
import { Alert, App, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { useAlarmHistory } from '../api/alarms.ts';
import { useDevice } from '../api/devices.ts';
import { useSaveOptions } from '../api/manage.ts';
import type { DeviceItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { flatPages } from '../live/apply.ts';
import { useProblem } from '../shared/use-problem.ts';
import { type Calibration, calibrationOf, POINTS_MIN } from './calibration.ts';
import { Facade } from './facade.tsx';
import { PointPicker } from './point-picker.tsx';
import { PointTable } from './point-table.tsx';

export function Component() {
  const { id = '' } = useParams();
  const { data: device, isLoading } = useDevice(id);
  const { t } = useI18n();
  if (isLoading) return <Skeleton active style={{ padding: 24 }} />;
  if (!device) return <Alert type="error" title={t('error.notFound')} />;
  return <Calibrate key={id} device={device} />;
}

function Calibrate({ device }: { device: DeviceItem }) {
  const { t, language } = useI18n();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const problem = useProblem();
  const save = useSaveOptions(device.id);
  const [draft, setDraft] = useState<Calibration>(() => calibrationOf(device));
  const { data: pages } = useAlarmHistory({ deviceId: device.id, limit: 20 });
  const picture = flatPages(pages).flatMap((alarm) => alarm.evidence.filter((item) => item.type === 'picture'))[0];
  const missing = Math.max(0, POINTS_MIN - draft.points.length);
  const submit = () =>
    save.mutate(
      { ...device.options, calibration: draft },
      {
        onSuccess: () => {
          void message.success(t('calibrate.saved'));
          navigate(`/devices/${device.id}`);
        },
        onError: problem,
      },
    );
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('calibrate.title')}</h1>
        <span className="muted">
          {locationTitle(device.location, language)} · {device.id}
        </span>
        <span className="grow" />
        <Button onClick={() => setDraft({ ...draft, points: draft.points.slice(0, -1) })}>{t('calibrate.undo')}</Button>
        <Button onClick={() => setDraft({ ...draft, points: [] })}>{t('calibrate.clear')}</Button>
        <Button type="primary" disabled={missing > 0} loading={save.isPending} onClick={submit}>
          {missing > 0 ? t('calibrate.need', { n: missing }) : t('calibrate.save')}
        </Button>
      </div>
      <p style={{ marginBottom: 12 }}>
        {t('calibrate.lead')} {t('calibrate.hint')}
      </p>
      {!picture && <Alert type="info" showIcon title={t('calibrate.noFrame')} />}
      <div className="calibrate">
        {picture && <PointPicker url={picture.url} draft={draft} onChange={setDraft} />}
        <div className="panel card">
          <Facade draft={draft} onChange={setDraft} />
          <PointTable draft={draft} onChange={setDraft} />
        </div>
      </div>
    </div>
  );
}
