/**
 * Server-sent events over fetch. The browser's EventSource hides keep-alive comments, so a half-open
 * connection would be shown as live for minutes; here every byte counts as a sign of life and
 * silence ends the connection.
 */
interface SseMessage {
  id: string | undefined;
  event: string;
  data: string;
}

/** Longer than the hub's keep-alive, shorter than a guard's patience. */
const SILENCE_MS_MAX = 40_000;

export interface SseParser {
  push(chunk: string): SseMessage[];
}

/** Splits a stream of text into messages after the HTML standard, section 9.2. */
export function createSseParser(): SseParser {
  let rest = '';
  return {
    push(chunk) {
      const blocks = (rest + chunk).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      return blocks.map(parseBlock).filter((message) => message !== undefined);
    },
  };
}

function parseBlock(block: string): SseMessage | undefined {
  let id: string | undefined;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { id, event, data: data.join('\n') };
}

export interface SseOptions {
  url: string;
  lastEventId: string | undefined;
  signal: AbortSignal;
  onOpen(): void;
  onMessage(message: SseMessage): void;
}

/** Reads until the connection ends; throws with the HTTP status in `cause` when it was refused. */
export async function readSse({ url, lastEventId, signal, onOpen, onMessage }: SseOptions): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || !response.body) throw new Error('live stream refused', { cause: response.status });
    onOpen();
    const parser = createSseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
      for (const message of parser.push(part.value)) onMessage(message);
    }
  } finally {
    clearTimeout(timer);
  }
}
