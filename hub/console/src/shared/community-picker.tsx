/** Which community the page is about; part of the address, so that a page can be shared. Shown when there is a choice. */
import { Select } from 'antd';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { useCommunities } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';

export function useChosenCommunity(): { communityId: string; picker: ReactNode } {
  const { t } = useI18n();
  const communities = useCommunities();
  const [search, setSearch] = useSearchParams();
  const communityId = search.get('community') ?? communities[0]?.id ?? '';
  const picker = communities.length > 1 && (
    <Select
      value={communityId}
      aria-label={t('device.community')}
      onChange={(id: string) => setSearch((before) => setIn(before, 'community', id), { replace: true })}
      options={communities.map(({ id, name }) => ({ value: id, label: name }))}
      style={{ minWidth: 150 }}
    />
  );
  return { communityId, picker };
}

/** The tab of a page, part of its address too. */
export function useTab(first: string): [tab: string, choose: (tab: string) => void] {
  const [search, setSearch] = useSearchParams();
  return [search.get('tab') ?? first, (tab) => setSearch((before) => setIn(before, 'tab', tab), { replace: true })];
}

function setIn(before: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(before);
  next.set(name, value);
  return next;
}
