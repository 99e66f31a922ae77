/** Where a camera's video comes from, and how much of it is looked at. */
import { Form, Input, InputNumber } from 'antd';
import { useI18n } from '../i18n/i18n.tsx';
import type { Source } from './camera-draft.ts';

const STREAM_CHARACTERS_MAX = 500;

export function SourceFields({ source, onChange }: { source: Source; onChange(source: Source): void }) {
  const { t } = useI18n();
  return (
    <Form layout="vertical">
      <Form.Item label={t('source.stream')} htmlFor="source-stream" extra={t('source.streamHint')}>
        <Input
          id="source-stream"
          value={source.stream}
          maxLength={STREAM_CHARACTERS_MAX}
          placeholder="rtsp://"
          onChange={(event) => onChange({ ...source, stream: event.target.value })}
        />
      </Form.Item>
      <Form.Item label={t('source.importance')} htmlFor="source-importance" extra={t('source.importanceHint')}>
        <InputNumber
          id="source-importance"
          min={0}
          max={100}
          precision={0}
          placeholder="0"
          value={source.importance}
          onChange={(importance) => onChange({ ...source, importance })}
        />
      </Form.Item>
      <Form.Item label={t('source.fpsMax')} htmlFor="source-fps" extra={t('source.fpsMaxHint')}>
        <InputNumber
          id="source-fps"
          min={2}
          max={60}
          placeholder="30"
          value={source.fpsMax}
          onChange={(fpsMax) => onChange({ ...source, fpsMax })}
        />
      </Form.Item>
    </Form>
  );
}
