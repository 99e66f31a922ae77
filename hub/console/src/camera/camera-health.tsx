/** How a camera's pictures are doing: state, frame rate, and what kept the detector from looking. */
import type { CameraHealth as Health } from '../api/types.ts';
import { type I18n, type MessageKey, useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { Since } from '../shared/since.tsx';

/** Less is nothing that anybody would do something about. */
const CAUTION_TOLD = 3;

/** Beginnings of what gateways say, and what can be done about it. */
const CAUSES: readonly [RegExp, MessageKey][] = [
  [/HTTP status 40[13]|Unauthorized|Forbidden/i, 'camera.reason.login'],
  [/ECONNREFUSED|Connection refused/i, 'camera.reason.refused'],
  [
    /no answer|timed? ?out|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|Input\/output error|Network is unreachable/i,
    'camera.reason.silent',
  ],
  [/no picture|ended the stream|broke off/i, 'camera.reason.noPicture'],
  [/^camera options/i, 'camera.reason.options'],
];

function reasonTitle(reason: string, { t }: I18n): string {
  const cause = CAUSES.find(([pattern]) => pattern.test(reason));
  return cause ? `${t(cause[1])} (${reason})` : reason;
}

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
      {!isUp && camera.reason && <span className="camera-down">{reasonTitle(camera.reason, i18n)}</span>}
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
