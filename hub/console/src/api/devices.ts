/** Devices, their series, gateways and communities. */

import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Location } from '../../../../core/device.ts';
import { KEYS } from '../live/apply.ts';
import { get, post, type Query, remove } from './client.ts';
import type { DeadLetter, DeviceItem, EnrolledDevice, Gap, GatewayItem, Page, Series } from './types.ts';

const PAGE_ITEMS = 500;
const PAGES_MAX = 20;

export function useDevices(communityId?: string) {
  return useQuery({
    queryKey: communityId ? [...KEYS.devices, communityId] : KEYS.devices,
    queryFn: ({ signal }) => getAll<DeviceItem>('/api/devices', { communityId }, signal),
    staleTime: 30_000,
  });
}

/** One device out of the list: the hub's list holds everything a detail shows. */
export function useDevice(id: string | undefined) {
  const { data, ...query } = useDevices();
  return { ...query, data: data?.find((device) => device.id === id) };
}

export function useGateways() {
  return useQuery({
    queryKey: KEYS.gateways,
    queryFn: async ({ signal }) => (await get<Page<GatewayItem>>('/api/gateways', undefined, signal)).items,
    refetchInterval: 10_000,
  });
}

/** What gateways had to drop, newest first. */
export function useGaps() {
  return useQuery({
    queryKey: ['gaps'],
    queryFn: async ({ signal }) => (await get<Page<Gap>>('/api/gaps', { limit: 200 }, signal)).items,
    refetchInterval: 30_000,
  });
}

/** What gateways refused of their devices, newest first. */
export function useDeadLetters(gatewayId: string) {
  return useQuery({
    queryKey: ['dead-letters', gatewayId],
    queryFn: async ({ signal }) =>
      (await get<Page<DeadLetter>>('/api/dead-letters', { gatewayId, limit: 50 }, signal)).items,
    refetchInterval: 30_000,
  });
}

export function useSeries(options: { deviceId: string; field: string; from: number; to: number; stepMs: number }) {
  const { deviceId, ...query } = options;
  return useQuery({
    queryKey: ['series', options],
    queryFn: ({ signal }) => get<Series>(`/api/devices/${deviceId}/series`, query, signal),
    placeholderData: keepPreviousData,
    enabled: options.field !== '',
  });
}

export interface Enrolment {
  id: string;
  kind: string;
  communityId: string;
  gatewayId?: string;
  name?: string;
  location: Location;
  options?: Record<string, unknown>;
}

export function useEnrol() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (device: Enrolment) => post<EnrolledDevice>('/api/devices', device),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS.devices }),
  });
}

export function useRotate() {
  return useMutation({ mutationFn: (id: string) => post<EnrolledDevice>(`/api/devices/${id}/rotate-secret`) });
}

export function useRemoveDevice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/api/devices/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS.devices }),
  });
}

/** Every page of a list that is known to be small enough to hold. */
export async function getAll<T>(path: string, query: Query, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer: Page<T> = await get(path, { ...query, limit: PAGE_ITEMS, cursor }, signal);
    items.push(...answer.items);
    cursor = answer.nextCursor ?? null;
    if (!cursor) break;
  }
  return items;
}
