/**
 * Live changes on their way to consoles. In: `publish` from whoever changed something. Out: to each
 * subscriber that may see it, in order, with an id that lets a reader who lost the connection go on
 * where it stopped. The past is a ring in memory; who comes back too late is told to start over.
 */
import type { Role } from '../../core/role.ts';

/** Events kept for readers that come back. */
const PAST_EVENTS_MAX = 20_000;

export interface LiveEvent {
  type: 'alarm' | 'ticket' | 'device' | 'gateway' | (string & {});
  /** Only who may see this community gets it; null: everybody. */
  communityId: string | null;
  /** Only these roles get it; absent: all. */
  roles?: readonly Role[];
  /** Narrower still: only who passes. */
  only?: (viewer: { userId: string; username: string; role: Role }) => boolean;
  data: unknown;
}

export interface SentEvent extends LiveEvent {
  id: string;
  /** The event as it goes over the wire, made once for all readers. */
  text: string;
}

export interface Live {
  publish(event: LiveEvent): void;
  /**
   * Gives every later event to `take`. With `lastEventId` the missed ones come first; `resumed` is
   * false when that is not possible and the reader must load its state again.
   */
  subscribe(take: (event: SentEvent) => void, lastEventId?: string): { resumed: boolean; cancel(): void };
  readonly lastId: string;
}

/** `bootId` tells events of this run from those of an earlier one. */
export function createLive(bootId: string): Live {
  const past: SentEvent[] = [];
  const takers = new Set<(event: SentEvent) => void>();
  let count = 0;

  return {
    get lastId() {
      return `${bootId}-${count}`;
    },
    publish(event) {
      count += 1;
      const id = `${bootId}-${count}`;
      const text = `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
      const sent = { ...event, id, text };
      past.push(sent);
      if (past.length > 2 * PAST_EVENTS_MAX) past.splice(0, past.length - PAST_EVENTS_MAX);
      for (const take of takers) take(sent);
    },
    subscribe(take, lastEventId) {
      const missed = lastEventId === undefined ? [] : since(lastEventId);
      for (const event of missed ?? []) take(event);
      takers.add(take);
      return { resumed: missed !== undefined, cancel: () => takers.delete(take) };
    },
  };

  function since(lastEventId: string): SentEvent[] | undefined {
    const seen = lastEventId.startsWith(`${bootId}-`) ? Number(lastEventId.slice(bootId.length + 1)) : Number.NaN;
    const missing = count - seen;
    if (!Number.isInteger(seen) || missing < 0 || missing > past.length) return undefined;
    return missing === 0 ? [] : past.slice(-missing);
  }
}
