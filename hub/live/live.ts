/**
 * Live changes on their way to consoles. In: `publish` from whoever changed something. Out: to each
 * subscriber that may see it, in order, with an id that lets a reader who lost the connection go on
 * where it stopped. The past is kept in memory: of events with a key only the newest, of the others
 * a bounded ring; who comes back too late, or after a restart, is told to start over.
 */
import type { Role } from '../../core/role.ts';

/** Events without a key that are kept for readers who come back. */
const PAST_EVENTS_MAX = 20_000;

export interface LiveEvent {
  type: 'alarm' | 'ticket' | 'device' | 'gateway' | (string & {});
  /** Only who may see this community gets it; null: everybody. */
  communityId: string | null;
  /** Only these roles get it; absent: all. */
  roles?: readonly Role[];
  /** Narrower still: only who passes. */
  only?: (viewer: { userId: string; username: string; role: Role }) => boolean;
  /** A later event with the same key replaces this one for readers who come back. */
  key?: string;
  data: unknown;
}

export interface SentEvent extends LiveEvent {
  count: number;
  /** The event as it goes over the wire, made once for all readers. */
  text(): string;
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
  /** Key → its newest event, the longest unchanged first. */
  const keyed = new Map<string, SentEvent>();
  const takers = new Set<(event: SentEvent) => void>();
  let count = 0;
  /** Everything without a key after this one is in `past`. */
  let forgottenCount = 0;

  return {
    get lastId() {
      return `${bootId}-${count}`;
    },
    publish(event) {
      count += 1;
      const sent = { ...event, count, text: textMaker(`${bootId}-${count}`, event) };
      remember(sent);
      for (const take of takers) take(sent);
    },
    subscribe(take, lastEventId) {
      const missed = lastEventId === undefined ? [] : since(lastEventId);
      for (const event of missed ?? []) take(event);
      takers.add(take);
      return { resumed: missed !== undefined, cancel: () => takers.delete(take) };
    },
  };

  function remember(sent: SentEvent): void {
    if (sent.key !== undefined) {
      keyed.delete(sent.key);
      keyed.set(sent.key, sent);
      return;
    }
    past.push(sent);
    if (past.length <= 2 * PAST_EVENTS_MAX) return;
    const forgotten = past.splice(0, past.length - PAST_EVENTS_MAX);
    forgottenCount = forgotten.at(-1)?.count ?? forgottenCount;
  }

  function since(lastEventId: string): SentEvent[] | undefined {
    const seen = lastEventId.startsWith(`${bootId}-`) ? Number(lastEventId.slice(bootId.length + 1)) : Number.NaN;
    if (!Number.isInteger(seen) || seen > count || seen < forgottenCount) return undefined;
    return [...past, ...keyed.values()].filter((event) => event.count > seen).sort((a, b) => a.count - b.count);
  }
}

function textMaker(id: string, event: LiveEvent): () => string {
  let text: string | undefined;
  return () => {
    text ??= `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
    return text;
  };
}
