/**
 * MJPEG over HTTP (multipart/x-mixed-replace): reads the stream at its own speed and hands over
 * each JPEG. Frames are found by their JPEG markers, so a wrong length or rubbish between the parts
 * costs a frame, never the stream.
 */
import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import type { Clock, Timer } from '../../../core/clock.ts';
import { LIMITS } from '../../../core/limits.ts';
import { createArrivalClock } from './arrival.ts';
import { createJpegDecoder, jpegSize } from './jpeg.ts';
import { type Picture, type Source, SourceError } from './source.ts';

export interface MjpegOptions {
  clock: Clock;
  signal: AbortSignal;
  onJpeg(jpeg: Buffer): void;
  /** Longest silence until the stream counts as broken. */
  timeoutMs?: number;
}

export interface MjpegStream {
  /** Resolves when the server ends the stream, rejects with a SourceError when it breaks. */
  ended: Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Frames that wait for a slow reader; the rest is skipped, since a live stream does not wait. */
const WAITING_FRAMES_MAX = 50;

/** Resolves to undefined when the address answers with something that is no MJPEG stream. */
export async function openMjpeg(address: string, options: MjpegOptions): Promise<MjpegStream | undefined> {
  const response = await request(address, options);
  const type = response.headers['content-type'] ?? '';
  if (response.statusCode !== 200) {
    response.destroy();
    throw new SourceError(`${address}: the camera answers with HTTP status ${response.statusCode}`);
  }
  if (!type.startsWith('multipart/')) {
    response.destroy();
    return undefined;
  }
  return { ended: readAll(response, options) };
}

function request(address: string, options: MjpegOptions): Promise<IncomingMessage> {
  const url = new URL(address);
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const settings: RequestOptions = { signal: options.signal, headers: { accept: 'multipart/x-mixed-replace, */*' } };
    const asked = get(url, settings, (response) => {
      timer.cancel();
      resolve(response);
    });
    const timer = options.clock.after(timeoutMs, () =>
      asked.destroy(new SourceError(`no answer within ${timeoutMs / 1000} s`)),
    );
    asked.on('error', (error) => {
      timer.cancel();
      reject(
        new SourceError(`${address}: ${error.message}; is the camera on and the address right?`, {
          cause: error,
        }),
      );
    });
  });
}

function readAll(response: IncomingMessage, options: MjpegOptions): Promise<void> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const splitter = createJpegSplitter(options.onJpeg);
  return new Promise((resolve, reject) => {
    let timer: Timer;
    const watch = () =>
      options.clock.after(timeoutMs, () => response.destroy(new SourceError(`no picture for ${timeoutMs / 1000} s`)));
    timer = watch();
    const finish = (settle: () => void) => {
      timer.cancel();
      settle();
    };
    response.on('data', (chunk: Buffer) => {
      if (splitter.push(chunk) === 0) return;
      timer.cancel();
      timer = watch();
    });
    response.on('end', () => finish(resolve));
    response.on('error', (error) =>
      finish(() =>
        reject(
          error instanceof SourceError
            ? error
            : new SourceError(`the stream broke off: ${error.message}`, { cause: error }),
        ),
      ),
    );
    response.on('close', () => finish(resolve));
  });
}

const START = Buffer.from([0xff, 0xd8, 0xff]);
const END = Buffer.from([0xff, 0xd9]);

/** Cuts a byte stream into JPEGs. `push` answers how many were complete. */
export function createJpegSplitter(onJpeg: (jpeg: Buffer) => void): { push(chunk: Buffer): number } {
  let rest: Buffer = Buffer.alloc(0);
  /** Where the search for the end goes on, so that long frames are not searched again and again. */
  let searchedTo = 0;
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let found = 0;
      for (;;) {
        const start = rest.indexOf(START);
        if (start < 0) {
          rest = rest.subarray(Math.max(0, rest.length - 2));
          searchedTo = 0;
          return found;
        }
        if (start > 0) {
          rest = rest.subarray(start);
          searchedTo = 0;
        }
        const end = rest.indexOf(END, Math.max(3, searchedTo));
        if (end < 0) {
          searchedTo = rest.length - 1;
          if (rest.length > LIMITS.frameBytesMax) {
            // Larger than any frame may be: skip this start and look for the next.
            rest = rest.subarray(3);
            searchedTo = 0;
            continue;
          }
          return found;
        }
        onJpeg(Buffer.from(rest.subarray(0, end + 2)));
        found += 1;
        rest = rest.subarray(end + 2);
        searchedTo = 0;
      }
    },
  };
}

/** An MJPEG address as a source of pictures, or undefined when it is no MJPEG stream. */
export async function openMjpegSource(
  address: string,
  options: { clock: Clock; signal?: AbortSignal | undefined },
): Promise<Source | undefined> {
  const closing = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
  const arrival = createArrivalClock();
  const decoder = createJpegDecoder();
  const waiting: { jpeg: Buffer; atMs: number }[] = [];
  let wake = () => {};
  let over = false;
  const stream = await openMjpeg(address, {
    clock: options.clock,
    signal,
    onJpeg(jpeg) {
      const atMs = arrival.frameAt(options.clock.monotonic());
      if (waiting.length < WAITING_FRAMES_MAX) waiting.push({ jpeg, atMs });
      wake();
    },
  });
  if (!stream) {
    decoder.close();
    return undefined;
  }
  const finish = () => {
    over = true;
    wake();
  };
  void stream.ended.then(finish, finish);
  const next = async () => {
    while (waiting.length === 0 && !over)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return waiting.shift();
  };
  const pictures = async function* (): AsyncGenerator<Picture> {
    let startMs: number | undefined;
    for (let item = first ?? (await next()); item; item = await next()) {
      startMs ??= item.atMs;
      const picture = decoder.decode(item.jpeg, item.atMs - startMs);
      if (picture) yield picture;
    }
  };
  const first = await next();
  const size = first && jpegSize(first.jpeg);
  if (!size) throw new SourceError(`${address}: the stream ended before its first picture`);
  return {
    ...size,
    get fps() {
      return Math.round(arrival.fps() * 10) / 10;
    },
    framesExpected: undefined,
    pictures,
    async close() {
      closing.abort();
      decoder.close();
    },
  };
}
