/** What a camera sees now: asked for as a command to it, shown when its bytes have arrived. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { TAKE_PICTURE } from '../../../../core/device.ts';
import { get, post } from './client.ts';

interface CameraPicture {
  id: string;
  at: number;
  url: string;
}

interface CommandItem {
  id: string;
  status: 'sent' | 'delivered' | 'done' | 'failed' | 'expired';
  error: string | null;
  result: { pictureId?: string } | null;
}

const ASK_EVERY_MS = 500;
/** Decoding takes a moment, a slow uplink some more. */
const DEADLINE_MS = 15_000;

export function useCameraPicture(deviceId: string) {
  const path = `/api/devices/${encodeURIComponent(deviceId)}`;
  const ask = useMutation({
    mutationFn: () => post<CommandItem>(`${path}/commands`, { name: TAKE_PICTURE, deadlineMs: DEADLINE_MS }),
  });
  const commandId = ask.data?.id;
  const { data: command } = useQuery({
    queryKey: ['command', commandId],
    queryFn: ({ signal }) => get<CommandItem>(`/api/commands/${commandId}`, undefined, signal),
    enabled: commandId !== undefined,
    refetchInterval: ({ state }) => (isOpen(state.data) ? ASK_EVERY_MS : false),
  });
  const wanted = command?.status === 'done' ? command.result?.pictureId : undefined;
  const { data: picture, isLoading } = useQuery({
    queryKey: ['camera-picture', deviceId],
    queryFn: async ({ signal }) =>
      (await get<{ picture: CameraPicture | null }>(`${path}/picture`, undefined, signal)).picture,
    // The bytes follow the answer.
    refetchInterval: ({ state }) => (wanted !== undefined && state.data?.id !== wanted ? ASK_EVERY_MS : false),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isComing = wanted !== undefined && picture?.id !== wanted;
  return {
    picture: picture ?? undefined,
    isLoading,
    ask: () => ask.mutate(),
    isWaiting: ask.isPending || (commandId !== undefined && isOpen(command)) || isComing,
    problem: ask.error ?? (command?.status === 'failed' || command?.status === 'expired' ? command : undefined),
  };
}

function isOpen(command: CommandItem | undefined): boolean {
  return command === undefined || command.status === 'sent' || command.status === 'delivered';
}
