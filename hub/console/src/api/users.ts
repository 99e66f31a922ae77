/** People: who may be given an alarm or a job, and, for administrators, the accounts themselves. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, patch, post } from './client.ts';
import type { Account, Page, Person } from './types.ts';

/** People of a community; with `canOwn` those who may be given its work orders. */
export function usePeople(communityId: string, canOwn = false) {
  return useQuery({
    queryKey: ['people', communityId, canOwn],
    queryFn: async ({ signal }) =>
      (await get<Page<Person>>('/api/people', { communityId, canOwn: canOwn || undefined }, signal)).items,
    staleTime: 60_000,
  });
}

export function useAccounts() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: async ({ signal }) => (await get<Page<Account>>('/api/users', undefined, signal)).items,
  });
}

export interface NewAccount {
  username: string;
  displayName?: string;
  role: string;
  communityIds: string[];
}

/** The answer alone shows the password. */
export function useAddAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (account: NewAccount) => post<Account & { password?: string }>('/api/users', account),
    onSuccess: () => client.invalidateQueries({ queryKey: ['accounts'] }),
  });
}

export function useChangeAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ username, ...change }: { username: string; disabled?: boolean }) =>
      patch<Account>(`/api/users/${encodeURIComponent(username)}`, change),
    onSuccess: () => client.invalidateQueries({ queryKey: ['accounts'] }),
  });
}
