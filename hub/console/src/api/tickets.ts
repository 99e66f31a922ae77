/** Work orders. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { applyTickets, KEYS } from '../live/apply.ts';
import { useProblem } from '../shared/use-problem.ts';
import { get, post, postForm } from './client.ts';
import { getAll } from './devices.ts';
import type { TicketDetail, TicketItem } from './types.ts';

export function useTickets() {
  return useQuery({
    queryKey: KEYS.tickets,
    queryFn: ({ signal }) => getAll<TicketItem>('/api/tickets', {}, signal),
    staleTime: 15_000,
  });
}

export function useTicket(id: string | undefined) {
  return useQuery({
    queryKey: KEYS.ticket(id ?? ''),
    queryFn: ({ signal }) => get<TicketDetail>(`/api/tickets/${id}`, undefined, signal),
    enabled: id !== undefined,
  });
}

export interface TicketAction {
  action: string;
  [field: string]: unknown;
}

export function useTicketAction(id: string) {
  const client = useQueryClient();
  const problem = useProblem();
  return useMutation({
    mutationFn: (action: TicketAction) => post<TicketItem>(`/api/tickets/${id}/actions`, action),
    onSuccess: (ticket) => applyTickets(client, [ticket]),
    onError: (error) => {
      problem(error);
      void client.invalidateQueries({ queryKey: KEYS.ticket(id) });
    },
  });
}

export function useTicketPhoto(id: string) {
  const client = useQueryClient();
  const problem = useProblem();
  return useMutation({
    mutationFn: (file: File) => {
      const form = new FormData();
      form.append('photo', file);
      return postForm<unknown>(`/api/tickets/${id}/photos`, form);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS.ticket(id) }),
    onError: problem,
  });
}

export interface NewTicket {
  communityId: string;
  title: string;
  description: string;
  category: string;
  priority: string;
  location: object;
  alarmId?: string;
  deviceId?: string;
}

export function useCreateTicket() {
  const client = useQueryClient();
  const problem = useProblem();
  return useMutation({
    mutationFn: (ticket: NewTicket) => post<TicketItem>('/api/tickets', ticket),
    onSuccess: (ticket) => {
      applyTickets(client, [ticket]);
      if (ticket.alarmId) void client.invalidateQueries({ queryKey: KEYS.alarm(ticket.alarmId) });
    },
    onError: problem,
  });
}
