/** Rules with their inheritance, trials, planned silence, and which alarms mute which. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { RULE_SCOPES, RuleOverride } from '../../../../core/effective-rules.ts';
import type { Inhibition } from '../../../../core/inhibition.ts';
import type { MuteWindow } from '../../../../core/mute-window.ts';
import type { RuleSpec } from '../../../../core/rule.ts';
import type { Text } from '../../../../core/text.ts';
import { get, post, postSlowly, put, remove } from './client.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Page } from './types.ts';

export type RuleScope = (typeof RULE_SCOPES)[number];

/** What the rules on the screen are for. */
export interface RuleTarget {
  communityId: string;
  kind: string;
  /** Absent: all devices of the kind. */
  deviceId?: string;
}

export interface EffectiveRuleItem {
  rule: RuleSpec;
  from: 'default' | RuleScope;
  instead: { rule: RuleSpec; from: 'default' | RuleScope }[];
}

export interface RuleTypeItem {
  id: string;
  title: Text;
  summary: Text;
  schema: JsonSchema;
}

export function useRules(target: RuleTarget | undefined) {
  return useQuery({
    queryKey: ['rules', target],
    queryFn: async ({ signal }) => {
      if (!target) return [];
      const { communityId, kind, deviceId } = target;
      const page = deviceId
        ? get<Page<EffectiveRuleItem>>(`/api/devices/${encodeURIComponent(deviceId)}/rules`, {}, signal)
        : get<Page<EffectiveRuleItem>>('/api/rules/effective', { communityId, kind }, signal);
      return (await page).items;
    },
    enabled: target !== undefined,
  });
}

export function useRuleTypes() {
  return useQuery({
    queryKey: ['rule-types'],
    queryFn: async ({ signal }) => (await get<Page<RuleTypeItem>>('/api/rule-types', {}, signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSaveRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (override: RuleOverride & { communityId: string }) => put<unknown>('/api/rules', override),
    onSuccess: () => client.invalidateQueries({ queryKey: ['rules'] }),
  });
}

export function useResetRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (of: { communityId: string; scope: RuleScope; id: string; ruleId: string }) =>
      remove<unknown>(`/api/rules?${new URLSearchParams(of)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['rules'] }),
  });
}

export interface TrialItem {
  observations: number;
  devices: number;
  firings: number;
  muted: number;
  perDay: number;
  medianMs: number | null;
  byDevice: { deviceId: string; firings: number }[];
  shown: { deviceId: string; at: number; clearedAt: number | null; mutedBy: string | null }[];
}

export function useTryRule() {
  return useMutation({
    mutationFn: (order: RuleTarget & { rule: RuleSpec; fromAt: number; toAt: number }) =>
      postSlowly<TrialItem>('/api/rule-trials', order),
  });
}

export function useWindows(communityId: string) {
  return useQuery({
    queryKey: ['mute-windows', communityId],
    queryFn: async ({ signal }) => (await get<Page<MuteWindow>>('/api/mute-windows', { communityId }, signal)).items,
    enabled: communityId !== '',
    refetchInterval: 60_000,
  });
}

export function useWindowWord() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (word: { plan: Omit<MuteWindow, 'id' | 'by'> & { communityId: string } } | { end: string }) =>
      'plan' in word
        ? post<unknown>('/api/mute-windows', word.plan)
        : remove<unknown>(`/api/mute-windows/${encodeURIComponent(word.end)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['mute-windows'] }),
  });
}

export interface InhibitionItem {
  inhibition: Inhibition;
  from: 'default' | 'community';
  enabled: boolean;
  changedAt: number | null;
  changedBy: string | null;
}

export function useInhibitions(communityId: string) {
  return useQuery({
    queryKey: ['inhibitions', communityId],
    queryFn: async ({ signal }) => (await get<Page<InhibitionItem>>('/api/inhibitions', { communityId }, signal)).items,
    enabled: communityId !== '',
  });
}

export function useInhibitionWord() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (word: { communityId: string } & ({ inhibition: Inhibition; enabled: boolean } | { reset: string })) =>
      'reset' in word
        ? remove<unknown>(`/api/inhibitions?${new URLSearchParams({ communityId: word.communityId, id: word.reset })}`)
        : put<unknown>('/api/inhibitions', word),
    onSuccess: () => client.invalidateQueries({ queryKey: ['inhibitions'] }),
  });
}
