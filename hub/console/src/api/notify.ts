/** Channels, subscriptions, the log of what was sent, policies, and notices on the public board. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Severity } from '../../../../core/rule.ts';
import type { Text } from '../../../../core/text.ts';
import { get, post, put, remove } from './client.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Page } from './types.ts';

export interface NotifierItem {
  id: string;
  title: Text;
  /** It reaches one person at an address, not a group. */
  personal: boolean;
  secrets: string[];
  configSchema: JsonSchema;
}

export interface ChannelItem {
  id: string;
  notifier: string;
  name: string;
  communityId: string | null;
  language: 'zh' | 'en';
  enabled: boolean;
  /** For administrators only; secrets are dots. */
  config?: Record<string, unknown>;
  publicKey?: string;
  unreadable?: boolean;
}
export type ChannelFields = Pick<ChannelItem, 'notifier' | 'name' | 'communityId' | 'language' | 'enabled'> & {
  config: Record<string, unknown>;
};

export const OCCASIONS = ['called', 'alarm', 'ended', 'ticket', 'report'] as const;

export interface Wish {
  occasions: (typeof OCCASIONS)[number][];
  severities?: Severity[];
  communityIds?: string[];
  quiet?: { from: string; to: string };
}

export interface SubscriptionItem {
  id: string;
  username: string | null;
  channelId: string;
  address: string | null;
  wish: Wish;
}

export interface SentItem {
  id: string;
  createdAt: number;
  channelId: string;
  notifier: string;
  username: string | null;
  to: string | null;
  type: string;
  title: string;
  status: 'queued' | 'delivered' | 'rejected' | 'given-up' | 'cancelled' | 'muted';
  reason: string | null;
  attempts: number;
}

export type TestOutcome = { outcome: 'delivered' } | { outcome: 'retry' | 'rejected'; reason: string };

const list =
  <T>(path: string) =>
  async ({ signal }: { signal: AbortSignal }) =>
    (await get<Page<T>>(path, undefined, signal)).items;

export function useNotifiers() {
  return useQuery({
    queryKey: ['notifiers'],
    queryFn: list<NotifierItem>('/api/notifiers'),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useChannels() {
  return useQuery({ queryKey: ['channels'], queryFn: list<ChannelItem>('/api/channels') });
}

export function useSubscriptions() {
  return useQuery({ queryKey: ['subscriptions'], queryFn: list<SubscriptionItem>('/api/subscriptions') });
}

export function useSaveChannel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, fields }: { id?: string; fields: ChannelFields }) =>
      id ? put<ChannelItem>(`/api/channels/${id}`, fields) : post<ChannelItem>('/api/channels', fields),
    onSuccess: () => client.invalidateQueries({ queryKey: ['channels'] }),
  });
}

export function useChannelWord() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove<unknown>(`/api/channels/${id}`),
    onSuccess: () =>
      Promise.all(['channels', 'subscriptions'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}

export function useTestChannel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, to }: { id: string; to: string | null }) =>
      post<TestOutcome>(`/api/channels/${id}/test`, { to }),
    onSettled: () => client.invalidateQueries({ queryKey: ['sent'] }),
  });
}

export function useSubscribe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (
      word: { add: Omit<SubscriptionItem, 'id' | 'username'> & { forChannel: boolean } } | { end: string },
    ) =>
      'add' in word
        ? post<unknown>('/api/subscriptions', word.add)
        : remove<unknown>(`/api/subscriptions/${encodeURIComponent(word.end)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['subscriptions'] }),
  });
}

export function useSentLog(filter: { status?: string; channelId?: string }) {
  return useInfiniteQuery({
    queryKey: ['sent', filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<SentItem>>('/api/notices', { limit: 50, ...filter, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

export type PolicyId = 'escalation' | 'tickets' | 'sla';

interface Policy<T> {
  value: T;
  schema: JsonSchema;
}

export function usePolicy<T>(id: PolicyId) {
  return useQuery({
    queryKey: ['policies', id],
    queryFn: ({ signal }) => get<Policy<T>>(`/api/policies/${id}`, undefined, signal),
  });
}

export function usePolicyWord() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (word: { id: PolicyId } & ({ value: unknown } | { reset: true })) =>
      'value' in word
        ? put<{ value: unknown }>(`/api/policies/${word.id}`, word.value)
        : remove<{ value: unknown }>(`/api/policies/${word.id}`),
    async onSuccess({ value }, { id }) {
      const queryKey = ['policies', id];
      // What is being read may be older than this answer.
      await client.cancelQueries({ queryKey });
      client.setQueryData<Policy<unknown>>(queryKey, (known) => known && { ...known, value });
    },
    // A lost answer does not say whether the hub kept it.
    onError: () => void client.invalidateQueries({ queryKey: ['policies'] }),
  });
}

export interface BoardNotice {
  id: string;
  communityId: string | null;
  title: string;
  body: string;
  fromAt: number;
  untilAt: number | null;
  createdBy: string;
}

export function useBoardNotices() {
  return useQuery({ queryKey: ['board-notices'], queryFn: list<BoardNotice>('/api/board-notices') });
}

export function useBoardWord() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (
      word: { put: Pick<BoardNotice, 'communityId' | 'title' | 'body' | 'untilAt'> } | { takeDown: string },
    ) =>
      'put' in word
        ? post<unknown>('/api/board-notices', word.put)
        : remove<unknown>(`/api/board-notices/${encodeURIComponent(word.takeDown)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['board-notices'] }),
  });
}
