/** The name of a community, or its id when the viewer is not told. */
import { useCallback } from 'react';
import { useCommunities } from '../api/session.ts';

export function useCommunityName(): (id: string) => string {
  const communities = useCommunities();
  return useCallback((id: string) => communities.find((community) => community.id === id)?.name ?? id, [communities]);
}
