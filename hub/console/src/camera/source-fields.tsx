/** Where a camera's video comes from, and how much of it is looked at. */
import { Form, Input, InputNumber } from 'antd';
import { CAMERA_LIMITS, CAMERA_RANGES } from '../../../../core/camera-options.ts';
import { useI18n } from '../i18n/i18n.tsx';
import type { Source } from './camera-draft.ts';

const NUMBERS = [
  { field: 'importance', title: 'source.importance', hint: 'source.importanceHint', usual: '0', precision: 0 },
  { field: 'fpsMax', title: 'source.fpsMax', hint: 'source.fpsMaxHint', usual: '30' },
] as const;

export function SourceFields({ source, onChange }: { source: Source; onChange(source: Source): void }) {
  const { t } = useI18n();
  return (
    <Form layout="vertical">
      <Form.Item label={t('source.stream')} htmlFor="source-stream" extra={t('source.streamHint')}>
        <Input
          id="source-stream"
          value={source.stream}
          maxLength={CAMERA_LIMITS.streamCharacters}
          placeholder="rtsp://"
          onChange={(event) => onChange({ ...source, stream: event.target.value })}
        />
      </Form.Item>
      {NUMBERS.map(({ field, title, hint, usual, ...digits }) => (
        <Form.Item key={field} label={t(title)} htmlFor={`source-${field}`} extra={t(hint)}>
          <InputNumber
            id={`source-${field}`}
            {...CAMERA_RANGES[field]}
            {...digits}
            placeholder={usual}
            value={source[field]}
            onChange={(value) => onChange({ ...source, [field]: value })}
          />
        </Form.Item>
      ))}
    </Form>
  );
}
