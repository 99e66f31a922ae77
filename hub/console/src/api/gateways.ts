/** Claim codes, made here and redeemed by gateways and installers; the configuration that is pushed to a gateway. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KEYS } from '../live/apply.ts';
import { get, post, remove } from './client.ts';
import type { ClaimItem, Page, PushedSettings, SettingsVersion } from './types.ts';

const KEY = ['claims'];

export type WantedClaim =
  | { type: 'gateway'; gatewayId: string; communityId: string; name: string; validHours: number }
  | { type: 'devices'; gatewayId: string; name: string; kinds: string[]; usesMax: number; validHours: number };

export type MadeClaim = ClaimItem & { code: string };

export function useClaims() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await get<Page<ClaimItem>>('/api/claims', undefined, signal)).items,
    refetchInterval: 30_000,
  });
}

export function useMakeClaim() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wanted: WantedClaim) => post<MadeClaim>('/api/claims', wanted),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useRevokeClaim() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/api/claims/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useSettingsVersions(gatewayId: string) {
  return useQuery({
    queryKey: ['gateway-settings', gatewayId],
    queryFn: async ({ signal }) =>
      (await get<Page<SettingsVersion>>(`/api/gateways/${gatewayId}/settings`, undefined, signal)).items,
  });
}

export function usePushSettings(gatewayId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (pushed: { settings: PushedSettings; note?: string }) =>
      post<SettingsVersion>(`/api/gateways/${gatewayId}/settings`, pushed),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['gateway-settings', gatewayId] }),
        client.invalidateQueries({ queryKey: KEYS.gateways }),
      ]),
  });
}
