/** How a camera's pictures are doing: state, frame rate, and what kept the detector from looking. */
import type { CameraHealth as Health } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { Since } from '../shared/since.tsx';

/** Less is nothing that anybody would do something about. */
const CAUTION_TOLD = 3;

export function CameraHealth({ camera }: { camera: Health }) {
  const i18n = useI18n();
  const { t, label } = i18n;
  const isUp = camera.state === 'running';
  return (
    <>
      <span className={isUp ? 'num muted' : 'num camera-down'}>
        {label('camera.state', camera.state)} · {t('gateway.fps', { n: camera.fps.toFixed(1) })} ·{' '}
        {t('gateway.skipped', { n: `${(camera.skippedShare * 100).toFixed(1)}%` })}
      </span>
      {camera.disturbed && <span className="camera-disturbed">{label('camera.disturbed', camera.disturbed)}</span>}
      {(camera.caution ?? 1) >= CAUTION_TOLD && (
        <span className="camera-disturbed" title={t('camera.caution.why')}>
          {t('camera.caution', { n: (camera.caution ?? 1).toFixed(0) })}
        </span>
      )}
      {camera.disturbances?.map(({ type, count, seconds, lastAt }) => (
        <span key={type} className="muted">
          {t(type === 'shake' ? 'camera.disturbance.shake' : 'camera.disturbance.light-step', {
            n: count,
            span: spanTitle(seconds * 1000, i18n),
          })}{' '}
          · {t('camera.lastAt')} <Since at={lastAt} />
        </span>
      ))}
    </>
  );
}
