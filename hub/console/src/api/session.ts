/** Who is signed in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KEYS } from '../live/apply.ts';
import { ApiError, get, post, remove } from './client.ts';
import type { Me } from './types.ts';

/** The user, or null when nobody is signed in. */
export function useSession() {
  return useQuery<Me | null>({
    queryKey: KEYS.session,
    queryFn: async ({ signal }) => {
      try {
        return await get<Me>('/api/session', undefined, signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

export function useLogin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (login: { username: string; password: string }) => post<Me>('/api/session', login),
    onSuccess: (answer) => {
      client.clear();
      client.setQueryData(KEYS.session, answer);
    },
  });
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove('/api/session'),
    onSettled: () => {
      client.clear();
      client.setQueryData(KEYS.session, null);
    },
  });
}

const NO_COMMUNITIES: Me['communities'] = [];

/** The communities that the viewer may see. */
export function useCommunities(): Me['communities'] {
  return useSession().data?.communities ?? NO_COMMUNITIES;
}
