/** People of the hub, as far as the viewer may know of them. */
import { useQuery } from '@tanstack/react-query';
import { ApiError } from './client.ts';
import { getAll } from './devices.ts';
import type { User } from './types.ts';

/** Empty when the hub does not tell this viewer. */
export function useUsers() {
  return useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => {
      try {
        return await getAll<User>('/api/users', {}, signal);
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return [];
        throw error;
      }
    },
    staleTime: 300_000,
  });
}
