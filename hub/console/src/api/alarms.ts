/** Alarms: what is open (kept live), what was, and what a person says about one. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { applyAlarms, KEYS, type OpenAlarms } from '../live/apply.ts';
import { useMay } from '../shared/use-may.ts';
import { useProblem } from '../shared/use-problem.ts';
import { get, post } from './client.ts';
import type { AlarmDetail, AlarmItem, Page } from './types.ts';

const OPEN_STATES = ['unacked', 'acked', 'returned', 'shelved', 'suppressed', 'out-of-service'];
const PAGE_ITEMS = 500;
/** A flood beyond this is shown by its newest; the count tells that there is more. */
const OPEN_PAGES_MAX = 8;

export function useOpenAlarms() {
  const { seeAlarms } = useMay();
  return useQuery<OpenAlarms>({
    enabled: seeAlarms,
    queryKey: KEYS.openAlarms,
    queryFn: async ({ signal }) => {
      const open = new Map<string, AlarmItem>();
      let cursor: string | null = null;
      for (let page = 0; page < OPEN_PAGES_MAX; page += 1) {
        const answer: Page<AlarmItem> = await get(
          '/api/alarms',
          { state: OPEN_STATES, limit: PAGE_ITEMS, cursor },
          signal,
        );
        for (const alarm of answer.items) open.set(alarm.id, alarm);
        cursor = answer.nextCursor;
        if (!cursor) break;
      }
      return open;
    },
    staleTime: 60_000,
    structuralSharing: false,
  });
}

export interface HistoryFilter {
  severity?: string;
  communityId?: string;
  deviceId?: string;
  from?: number;
  to?: number;
  limit?: number;
}

export function useAlarmHistory(filter: HistoryFilter, enabled = true) {
  return useInfiniteQuery({
    queryKey: [...KEYS.alarmHistory, filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<AlarmItem>>('/api/alarms', { limit: 50, ...filter, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled,
  });
}

export function useAlarm(id: string | undefined) {
  return useQuery({
    queryKey: KEYS.alarm(id ?? ''),
    queryFn: ({ signal }) => get<AlarmDetail>(`/api/alarms/${id}`, undefined, signal),
    enabled: id !== undefined,
  });
}

export type AlarmCall =
  | { action: 'ack'; body: { note?: string } }
  | { action: 'shelve'; body: { untilAt: number; reason: string } }
  | { action: 'unshelve' | 'reset' | 'in-service'; body: Record<string, never> }
  | { action: 'out-of-service'; body: { untilAt: number; reason: string } }
  | { action: 'comment'; body: { text: string } }
  | { action: 'assign'; body: { username: string } }
  | { action: 'verdict'; body: { verdict: 'true' | 'false' | 'unsure'; label?: string } };

/** Says something about an alarm; the answer is the new alarm, shown at once. */
export function useAlarmAction() {
  const client = useQueryClient();
  const problem = useProblem();
  return useMutation({
    mutationFn: ({ id, call }: { id: string; call: AlarmCall }) =>
      post<AlarmItem>(`/api/alarms/${id}/${call.action}`, call.body),
    onSuccess: (alarm) => applyAlarms(client, [alarm]),
    onError: (error, { id }) => {
      problem(error);
      // Somebody else was faster, most likely: show what holds now.
      void client.invalidateQueries({ queryKey: KEYS.alarm(id) });
      void client.invalidateQueries({ queryKey: KEYS.openAlarms });
    },
  });
}
