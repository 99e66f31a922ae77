/** Reads an event stream as a browser would. */
import { expect } from 'vitest';
import type { Person } from './real-hub.ts';

interface ReadEvent {
  id: string;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into the data as it needs
  data: any;
}

export interface EventReader {
  status: number;
  events: ReadEvent[];
  /** Resolves with the first event of this kind, now or later. */
  wait(event: string, matches?: (data: ReadEvent['data']) => boolean): Promise<ReadEvent>;
  close(): void;
}

export async function openEvents(url: string, person: Person, lastEventId?: string): Promise<EventReader> {
  const abort = new AbortController();
  const answer = await fetch(`${url}/api/live`, {
    headers: { cookie: person.cookie, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
    signal: abort.signal,
  });
  const events: ReadEvent[] = [];
  if (answer.ok && answer.body) void read(answer.body, events);
  return {
    status: answer.status,
    events,
    async wait(event, matches = () => true) {
      const find = () => events.find((one) => one.event === event && matches(one.data));
      await expect.poll(() => find() !== undefined, { timeout: 10_000 }).toBe(true);
      return find() as ReadEvent;
    },
    close: () => abort.abort(),
  };
}

async function read(body: ReadableStream<Uint8Array>, events: ReadEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        if (fields.event)
          events.push({ id: fields.id ?? '', event: fields.event, data: JSON.parse(fields.data ?? 'null') });
      }
    }
  } catch {
    // The reader was closed.
  }
}
