/** What a camera sees now: asked for as a command to it, shown when its bytes have arrived. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
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

/** `said`: in the gateway's words; `silent`: it did not answer in time; `late`: it did, and the bytes do not come. */
type Why = 'said' | 'silent' | 'late';

export class NoPicture extends Error {
  why: Why;

  constructor(why: Why, message = '') {
    super(message);
    this.why = why;
  }
}

const ASK_EVERY_MS = 500;
/** Decoding takes a moment, a slow uplink some more. */
const DEADLINE_MS = 15_000;
const BYTES_WITHIN_MS = 30_000;

export function useCameraPicture(deviceId: string) {
  const path = `/api/devices/${encodeURIComponent(deviceId)}`;
  const cache = useQueryClient();
  const key = ['camera-picture', deviceId];
  const { data: picture, isLoading } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => newestOf(path, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const ask = useMutation({
    mutationFn: () => takePicture(path),
    onSuccess: (taken) => cache.setQueryData(key, taken),
  });
  return {
    picture: picture ?? undefined,
    isLoading,
    ask: () => ask.mutate(),
    isWaiting: ask.isPending,
    problem: ask.error ?? undefined,
  };
}

/** Throws NoPicture. */
async function takePicture(path: string): Promise<CameraPicture> {
  let command = await post<CommandItem>(`${path}/commands`, { name: TAKE_PICTURE, deadlineMs: DEADLINE_MS });
  // The hub ends every command at its deadline.
  while (command.status === 'sent' || command.status === 'delivered') {
    await pause();
    command = await get<CommandItem>(`/api/commands/${command.id}`);
  }
  if (command.status !== 'done') throw new NoPicture(command.error ? 'said' : 'silent', command.error ?? '');
  // The bytes follow the answer.
  for (const until = Date.now() + BYTES_WITHIN_MS; Date.now() < until; ) {
    const picture = await newestOf(path);
    if (picture && picture.id === command.result?.pictureId) return picture;
    await pause();
  }
  throw new NoPicture('late');
}

async function newestOf(path: string, signal?: AbortSignal): Promise<CameraPicture | null> {
  return (await get<{ picture: CameraPicture | null }>(`${path}/picture`, undefined, signal)).picture;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
}
