/**
 * The live connection to the hub. In: events of /api/live. Out: a patched query cache, a status that
 * tells the truth, and the alarms that just arrived (for sound and banner).
 */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Severity } from '../../../../core/rule.ts';
import { applyAlarms, applyDevices, applyGateways, applyTickets, type LiveAlarm } from './apply.ts';
import { readSse } from './sse.ts';

export interface LiveStatus {
  state: 'connecting' | 'live' | 'reconnecting';
  /** When the connection was last known to be good; null before the first. */
  goodAt: number | null;
}

type Listener = (alarms: readonly LiveAlarm[]) => void;

/** Something said to this person, or to everybody of a community. */
export interface LiveNotice {
  id: string;
  type: string;
  title: string;
  text: string;
  severity: Severity | null;
  alarmId: string | null;
  ticketId: string | null;
}
type NoticeListener = (notices: readonly LiveNotice[]) => void;

interface Live {
  status: LiveStatus;
  onAlarms(listener: Listener): () => void;
  onNotices(listener: NoticeListener): () => void;
}

const LiveContext = createContext<Live>({
  status: { state: 'connecting', goodAt: null },
  onAlarms: () => () => undefined,
  onNotices: () => () => undefined,
});

/** Events are applied together this often: a storm of them costs one rendering, and a person sees no delay. */
const FLUSH_MS = 60;
const RETRY_MS_MAX = 8_000;

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [status, setStatus] = useState<LiveStatus>({ state: 'connecting', goodAt: null });
  const [listeners] = useState(() => new Set<Listener>());
  const [noticeListeners] = useState(() => new Set<NoticeListener>());

  useEffect(() => {
    const stop = new AbortController();
    const pending = new Map<string, unknown[]>();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const take = (event: string, data: unknown) => {
      pending.set(event, [...(pending.get(event) ?? []), data]);
      timer ??= setTimeout(flush, FLUSH_MS);
    };
    const flush = () => {
      timer = undefined;
      const batch = new Map(pending);
      pending.clear();
      if (batch.has('reset')) void client.invalidateQueries();
      const alarms = (batch.get('alarm') ?? []) as LiveAlarm[];
      if (alarms.length > 0) {
        applyAlarms(client, alarms);
        for (const listener of listeners) listener(alarms);
      }
      const notices = (batch.get('notice') ?? []) as LiveNotice[];
      if (notices.length > 0) for (const listener of noticeListeners) listener(notices);
      if (batch.has('ticket')) applyTickets(client, batch.get('ticket') as never);
      if (batch.has('device')) applyDevices(client, batch.get('device') as never);
      if (batch.has('gateway')) applyGateways(client, batch.get('gateway') as never);
    };

    void follow({ signal: stop.signal, take, setStatus });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client, listeners, noticeListeners]);

  const live = useMemo<Live>(
    () => ({
      status,
      onAlarms: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onNotices: (listener) => {
        noticeListeners.add(listener);
        return () => noticeListeners.delete(listener);
      },
    }),
    [status, listeners, noticeListeners],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  return useContext(LiveContext);
}

interface Follow {
  signal: AbortSignal;
  take(event: string, data: unknown): void;
  setStatus(status: LiveStatus): void;
}

/** Stays connected until told to stop; waits longer after each failure, and not at all when the network returns. */
async function follow({ signal, take, setStatus }: Follow): Promise<void> {
  let lastEventId: string | undefined;
  let goodAt: number | null = null;
  let retryMs = 500;
  while (!signal.aborted) {
    try {
      await readSse({
        url: '/api/live',
        lastEventId,
        signal,
        onOpen: () => {
          goodAt = Date.now();
          // Events between the first load and now would be missing, unless the hub can replay them.
          if (lastEventId === undefined && retryMs > 500) take('reset', {});
          retryMs = 500;
          setStatus({ state: 'live', goodAt });
        },
        onMessage: (message) => {
          goodAt = Date.now();
          lastEventId = message.id ?? lastEventId;
          take(message.event, parse(message.data));
        },
      });
    } catch {
      // Refused, cut or silent: all the same to whoever looks at the screen.
    }
    if (signal.aborted) return;
    setStatus({ state: 'reconnecting', goodAt });
    await pause(retryMs, signal);
    retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done, { once: true });
    signal.addEventListener('abort', done, { once: true });
  });
}
