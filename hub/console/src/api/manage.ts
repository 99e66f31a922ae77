/** KPIs, hand-overs, the audit log, kinds with their rules, and a camera's calibration. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { KPI_TARGETS, Kpis } from '../../../../core/kpi.ts';
import type { Severity } from '../../../../core/rule.ts';
import type { Text } from '../../../../core/text.ts';
import { KEYS } from '../live/apply.ts';
import { get, patch, post } from './client.ts';
import type { AuditItem, Handover, Page, ShiftReport } from './types.ts';

export interface TicketKpis {
  dispatched: number;
  solvedOnTime: number;
  solvedLate: number;
  open: number;
  overdue: number;
  reopened: number;
  dissatisfied: number;
}

interface SpanQuery {
  from: number;
  to: number;
  communityId: string;
}

export function useKpis(query: SpanQuery) {
  return useQuery({
    queryKey: ['kpis', query],
    queryFn: ({ signal }) => get<Kpis & { targets: typeof KPI_TARGETS }>('/api/kpis', { ...query }, signal),
    placeholderData: keepPreviousData,
  });
}

export function useTicketKpis(query: SpanQuery) {
  return useQuery({
    queryKey: ['kpis', 'tickets', query],
    queryFn: ({ signal }) => get<TicketKpis>('/api/kpis/tickets', { ...query }, signal),
    placeholderData: keepPreviousData,
  });
}

export function useShiftReport(communityId: string) {
  return useQuery({
    queryKey: ['handover', 'report', communityId],
    queryFn: ({ signal }) => get<ShiftReport>('/api/handovers/report', { communityId }, signal),
    refetchInterval: 30_000,
    enabled: communityId !== '',
  });
}

export function useHandovers(communityId: string) {
  return useQuery({
    queryKey: ['handover', 'list', communityId],
    queryFn: async ({ signal }) =>
      (await get<Page<Handover>>('/api/handovers', { communityId, limit: 20 }, signal)).items,
    enabled: communityId !== '',
  });
}

export function useHandoverWord() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (word: { give: { communityId: string; note?: string } } | { accept: string }) =>
      'give' in word
        ? post<Handover>('/api/handovers', word.give)
        : post<Handover>(`/api/handovers/${word.accept}/accept`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['handover'] }),
  });
}

export function useAudit(filter: { actorId?: string; action?: string }) {
  return useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<AuditItem>>('/api/audit', { limit: 100, ...filter, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

export interface KindItem {
  id: string;
  title: Text;
  family: string;
  fields: Record<string, { title: Text }>;
  events: Record<string, { title: Text }>;
  rules?: { id: string; title: Text; severity: Severity }[];
}

export function useKinds() {
  return useQuery({
    queryKey: ['kinds'],
    queryFn: async ({ signal }) => (await get<Page<KindItem>>('/api/kinds', undefined, signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSaveOptions(deviceId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (options: Record<string, unknown>) =>
      patch<unknown>(`/api/devices/${encodeURIComponent(deviceId)}`, { options }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS.devices }),
  });
}
