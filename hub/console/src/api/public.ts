/** What anybody may call: a resident's report and its progress, the public board. No session; the token is the key. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, post, postForm } from './client.ts';
import type { PublicBoard, PublicReport, ReportReceipt } from './public-types.ts';

export interface ReportDraft {
  communityId: string;
  category: string;
  title: string;
  place: string;
  text: string;
  phone: string;
  photos: File[];
}

export function useSendReport() {
  return useMutation({
    mutationFn: (draft: ReportDraft) => {
      const form = new FormData();
      const said = { communityId: draft.communityId, category: draft.category, title: draft.title, spot: draft.place };
      for (const [name, value] of Object.entries({ ...said, description: draft.text, phone: draft.phone }))
        if (value !== '') form.append(name, value);
      for (const photo of draft.photos) form.append('photos', photo);
      return postForm<ReportReceipt>('/api/public/reports', form);
    },
  });
}

export function useReport(token: string) {
  return useQuery({
    queryKey: ['public-report', token],
    queryFn: ({ signal }) => get<PublicReport>(`/api/public/reports/${encodeURIComponent(token)}`, undefined, signal),
    refetchInterval: 20_000,
  });
}

export function useReportWord(token: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (word: { action: 'rate'; stars: number; text?: string } | { action: 'reopen'; reason: string }) => {
      const { action, ...body } = word;
      return post<unknown>(`/api/public/reports/${encodeURIComponent(token)}/${action}`, body);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['public-report', token] }),
  });
}

export function useBoard(communityId: string) {
  return useQuery({
    queryKey: ['public-board', communityId],
    queryFn: ({ signal }) =>
      get<PublicBoard>(`/api/public/board/${encodeURIComponent(communityId)}`, undefined, signal),
    refetchInterval: 60_000,
  });
}
