/** Narrows a list to one community, '' for all; not shown to who sees only one. */
import { Select } from 'antd';
import { useCommunities } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';

export function CommunityFilter({ value, onChange }: { value: string; onChange(communityId: string): void }) {
  const { t } = useI18n();
  const communities = useCommunities();
  if (communities.length <= 1) return null;
  return (
    <Select
      value={value}
      aria-label={t('device.community')}
      onChange={onChange}
      options={[
        { value: '', label: `${t('device.community')}: ${t('app.all')}` },
        ...communities.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      style={{ minWidth: 150 }}
    />
  );
}
