/** The areas of one type that are drawn, and the one that is being drawn. */
import { DeleteOutlined } from '@ant-design/icons';
import { Button, Empty, Input } from 'antd';
import { CAMERA_LIMITS, CORNERS_MIN } from '../../../../core/camera-options.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { type Area, type AreaType, type CameraDraft, mayAdd } from './camera-draft.ts';

export function AreaTable({
  type,
  draft,
  onChange,
}: {
  type: AreaType;
  draft: CameraDraft;
  onChange(draft: CameraDraft): void;
}) {
  const { t } = useI18n();
  const own = draft.areas.flatMap((area, index) => (area.type === type ? [{ area, index }] : []));
  const missing = Math.max(0, CORNERS_MIN - draft.open.length);
  const change = (index: number, areas: Area[]) =>
    onChange({ ...draft, areas: draft.areas.flatMap((area, other) => (other === index ? areas : [area])) });
  const close = () =>
    onChange({
      ...draft,
      open: [],
      areas: [...draft.areas, { type, name: `${t('area.zone')} ${own.length + 1}`, polygon: draft.open }],
    });
  return (
    <>
      <p className="muted">{t(`area.${type}.means`)}</p>
      <Button block type="primary" ghost disabled={missing > 0 || !mayAdd(draft, type)} onClick={close}>
        {missing > 0 ? t('area.need', { n: missing }) : t('area.close')}
      </Button>
      {own.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('area.none')} />}
      <ul className="gap-list" style={{ maxHeight: 'none' }}>
        {own.map(({ area, index }, number) => (
          <li key={index} style={{ alignItems: 'center' }}>
            {type === 'zone' ? (
              <Input
                size="small"
                aria-label={t('area.name')}
                value={area.name}
                maxLength={CAMERA_LIMITS.zoneNameCharacters}
                onChange={(event) => change(index, [{ ...area, name: event.target.value }])}
              />
            ) : (
              <strong>{t('area.number', { n: number + 1 })}</strong>
            )}
            <Button
              type="text"
              size="small"
              icon={<DeleteOutlined />}
              aria-label={`${t('device.remove')} ${number + 1}`}
              onClick={() => change(index, [])}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
