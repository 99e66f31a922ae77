/** Reads the hub's server-sent events as a console does. */
export interface LiveEvent {
  id: string;
  event: string;
  data: unknown;
}

export interface LiveStream {
  events: LiveEvent[];
  close(): void;
}

export async function openLive(options: { url: string; cookie: string; lastEventId?: string }): Promise<LiveStream> {
  const abort = new AbortController();
  const headers: Record<string, string> = { cookie: options.cookie, accept: 'text/event-stream' };
  if (options.lastEventId) headers['last-event-id'] = options.lastEventId;
  const response = await fetch(`${options.url}/api/live`, { headers, signal: abort.signal });
  if (response.status !== 200 || !response.body) throw new Error(`GET /api/live answered ${response.status}`);
  const events: LiveEvent[] = [];
  void read(response.body, events).catch(() => {
    // The abort below ends the reading; anything else shows as missing events.
  });
  return { events, close: () => abort.abort() };
}

async function read(body: ReadableStream<Uint8Array>, events: LiveEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true });
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const data = fields.get('data');
      if (data)
        events.push({
          id: fields.get('id') ?? '',
          event: fields.get('event') ?? 'message',
          data: JSON.parse(data) as unknown,
        });
    }
  }
}
