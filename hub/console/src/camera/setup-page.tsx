/**
 * What a camera is told: where its video comes from and, drawn on its picture, corners of the facade's
 * windows with their floor and column line, zones in which falls count, masks. The picture is what the camera sees now, asked of
 * its gateway; without an answer the newest evidence picture serves.
 */
import { Alert, App, Button, Segmented, Skeleton } from 'antd';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { CAMERA_LIMITS } from '../../../../core/camera-options.ts';
import { locationTitle } from '../../../../core/device.ts';
import { useAlarmHistory } from '../api/alarms.ts';
import { useDevice } from '../api/devices.ts';
import { useSaveOptions } from '../api/manage.ts';
import type { DeviceItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { flatPages } from '../live/apply.ts';
import { useProblem } from '../shared/use-problem.ts';
import { AreaTable } from './area-table.tsx';
import {
  AREA_TYPES,
  type AreaType,
  type CameraDraft,
  draftOf,
  guessPoint,
  optionsOf,
  pointsMissing,
} from './camera-draft.ts';
import { CameraView } from './camera-view.tsx';
import { Facade } from './facade.tsx';
import { PictureCanvas } from './picture-canvas.tsx';
import { PointTable } from './point-table.tsx';
import { SourceFields } from './source-fields.tsx';

type Mode = 'grid' | AreaType | 'source';

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
  const [draft, setDraft] = useState<CameraDraft>(() => draftOf(device));
  const [mode, setMode] = useState<Mode>('grid');
  const { data: pages } = useAlarmHistory({ deviceId: device.id, limit: 20 });
  const evidence = flatPages(pages).flatMap((alarm) => alarm.evidence.filter((item) => item.type === 'picture'))[0];
  const drawing = mode === 'grid' || mode === 'source' ? undefined : mode;
  const missing = pointsMissing(draft);
  const saveWord = (points: number, corners: number) => {
    if (points > 0) return t('calibrate.need', { n: points });
    return t(corners > 0 ? 'area.unfinished' : 'calibrate.save');
  };
  const submit = () =>
    save.mutate(optionsOf(device, draft), {
      onSuccess: () => {
        void message.success(t('calibrate.saved'));
        navigate(`/devices/${device.id}`);
      },
      onError: problem,
    });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('calibrate.title')}</h1>
        <span className="muted">
          {locationTitle(device.location, language)} · {device.id}
        </span>
        <span className="grow" />
        <Button
          type="primary"
          disabled={missing > 0 || draft.open.length > 0}
          loading={save.isPending}
          onClick={submit}
        >
          {saveWord(missing, draft.open.length)}
        </Button>
      </div>
      <div className="calibrate">
        <div className="camera-picture">
          <div className="camera-tools">
            <Segmented<Mode>
              value={mode}
              onChange={(next) => {
                setMode(next);
                setDraft({ ...draft, open: [] });
              }}
              options={(['grid', ...AREA_TYPES, 'source'] as const).map((value) => ({
                value,
                label: t(`area.${value}`),
              }))}
            />
            <span className="grow" />
            <Button onClick={() => setDraft(withoutLast(draft, drawing))}>{t('calibrate.undo')}</Button>
            <Button onClick={() => setDraft(without(draft, drawing))}>{t('calibrate.clear')}</Button>
          </div>
          <CameraView deviceId={device.id} otherwise={evidence}>
            {(url) => (
              <PictureCanvas
                url={url}
                draft={draft}
                drawing={drawing}
                onPick={(x, y) => setDraft(withPlace(draft, drawing, x, y))}
              />
            )}
          </CameraView>
        </div>
        <div className="panel card">
          {drawing && <AreaTable type={drawing} draft={draft} onChange={setDraft} />}
          {mode === 'source' && (
            <SourceFields source={draft.source} onChange={(source) => setDraft({ ...draft, source })} />
          )}
          {mode === 'grid' && (
            <>
              <p className="muted">
                {t('calibrate.lead')} {t('calibrate.hint')}
              </p>
              <Facade draft={draft.calibration} onChange={(calibration) => setDraft({ ...draft, calibration })} />
              <PointTable draft={draft.calibration} onChange={(calibration) => setDraft({ ...draft, calibration })} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function withPlace(draft: CameraDraft, drawing: AreaType | undefined, x: number, y: number): CameraDraft {
  const { calibration, open } = draft;
  if (drawing) return open.length < CAMERA_LIMITS.corners ? { ...draft, open: [...open, [x, y]] } : draft;
  if (calibration.points.length >= CAMERA_LIMITS.points) return draft;
  const points = [...calibration.points, { x, y, ...guessPoint(calibration) }];
  return { ...draft, calibration: { ...calibration, points } };
}

function withoutLast(draft: CameraDraft, drawing: AreaType | undefined): CameraDraft {
  if (drawing) return { ...draft, open: draft.open.slice(0, -1) };
  return { ...draft, calibration: { ...draft.calibration, points: draft.calibration.points.slice(0, -1) } };
}

/** Without the corners, or without the areas of the type that is being drawn. */
function without(draft: CameraDraft, drawing: AreaType | undefined): CameraDraft {
  if (drawing) return { ...draft, open: [], areas: draft.areas.filter(({ type }) => type !== drawing) };
  return { ...draft, calibration: { ...draft.calibration, points: [] } };
}
