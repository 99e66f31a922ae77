/** What a camera sees now, asked of its gateway by a button: the picture as `children` draws it, from when it is, and why there is none. */
import { CameraOutlined } from '@ant-design/icons';
import { Alert, Button, Empty } from 'antd';
import type { ReactNode } from 'react';
import { NoPicture, useCameraPicture } from '../api/camera-picture.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { Since } from '../shared/since.tsx';
import { problemText } from '../shared/use-problem.ts';

export function CameraView({
  deviceId,
  otherwise,
  children,
}: {
  deviceId: string;
  /** An evidence picture that serves as long as nobody has asked the camera. */
  otherwise?: { url: string; at: number } | undefined;
  children(url: string): ReactNode;
}) {
  const i18n = useI18n();
  const { t } = i18n;
  const { picture, isLoading, ask, isWaiting, problem } = useCameraPicture(deviceId);
  const shown = picture ?? otherwise;
  const take = (
    <Button type={shown ? 'default' : 'primary'} icon={<CameraOutlined />} loading={isWaiting} onClick={ask}>
      {t(isWaiting ? 'picture.waiting' : 'picture.take')}
    </Button>
  );
  return (
    <>
      {problem && <Alert type="error" showIcon title={t('picture.failed')} description={whyText(problem, i18n)} />}
      {shown ? (
        <>
          {children(shown.url)}
          <div className="camera-tools">
            <span className="muted">
              {t(picture ? 'picture.from' : 'picture.evidence')} <Since at={shown.at} />
            </span>
            <span className="grow" />
            {take}
          </div>
        </>
      ) : (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t(isLoading ? 'picture.loading' : 'picture.none')}>
          {take}
        </Empty>
      )}
    </>
  );
}

function whyText(problem: Error, i18n: I18n): string {
  if (!(problem instanceof NoPicture)) return problemText(problem, i18n);
  return problem.why === 'said' ? problem.message : i18n.t(`picture.${problem.why}`);
}
