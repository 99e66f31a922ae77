/**
 * Where a live camera's pictures come from: its stream, opened again and again with back-off, or
 * the JPEGs that it pushes. JPEGs wait in a short queue; what does not fit is counted as skipped.
 */
import { type Clock, sleep } from '../../core/clock.ts';
import { keepCodec, type PacketCodec } from './evidence/clip.ts';
import type { Footage } from './evidence/footage-ring.ts';
import { createArrivalClock } from './sources/arrival.ts';
import { createJpegDecoder } from './sources/jpeg.ts';
import { openMjpeg } from './sources/mjpeg.ts';
import { decodePushedJpeg } from './sources/pushed-jpeg.ts';
import { type Picture, SourceError, withoutSecret } from './sources/source.ts';
import { openVideo } from './sources/video.ts';

export interface FeedEvents {
  /** One picture, valid until the promise resolves. `atMs` is epoch time. */
  onPicture(picture: Picture, atMs: number): Promise<void>;
  /** What every picture of the stream was decoded from, looked at or not: a clip with gaps cannot be decoded. */
  onFootage(footage: Footage): void;
  /** Cheap test: false skips this frame. */
  wants(): boolean;
  onSkipped(frames: number): void;
  onConnected(codec: PacketCodec | undefined): void;
  /** `reason` in one line; `attempts` failed in a row. */
  onBroken(reason: string, attempts: number): void;
}

export interface Feed {
  start(): void;
  push(jpeg: Uint8Array): void;
  fps(): number;
  /** How late the latest picture came to its turn since this was asked last. */
  lagMs(): number;
  stop(): Promise<void>;
}

/** Enough for the moments in which others have the cores; half a second at usual rates. */
const QUEUE_FRAMES_MAX = 8;
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 30_000;
/** A stream that ran for this long was not a failed attempt. */
const GOOD_RUN_MS = 10_000;
/** A stream that is behind by more than this is read without looking until it has caught up. */
const LAG_MS_MAX = 1_500;
/** Who is still behind after reading for so long without looking was not slow: the stream's own clock stood still. */
const CATCH_UP_MS = 3_000;

export function createFeed(
  stream: string | undefined,
  of: { clock: Clock; random: () => number; events: FeedEvents },
): Feed {
  const { clock, events } = of;
  const stopping = new AbortController();
  const decoder = createJpegDecoder();
  const streamed = createJpegQueue(clock, events, async (jpeg, atMs) => decoder.decode(jpeg, atMs));
  const pushed = createJpegQueue(clock, events, decodePushedJpeg);
  let running: Promise<void> = Promise.resolve();
  let streamFps: number | undefined;
  let latestMs = 0;

  const runOnce = async (address: string): Promise<void> => {
    if (/^https?:/i.test(address)) {
      const attempt = new AbortController();
      const signal = AbortSignal.any([stopping.signal, attempt.signal]);
      const mjpeg = await openMjpeg(address, { clock, signal, onJpeg: (jpeg) => streamed.push(jpeg) });
      if (mjpeg) {
        events.onConnected(undefined);
        streamFps = undefined;
        await mjpeg.ended;
        return;
      }
    }
    await runVideo(address);
  };

  const runVideo = async (address: string): Promise<void> => {
    const source = await openVideo(address, { clock, signal: stopping.signal, keepPackets: true });
    try {
      events.onConnected(keepCodec(source.stream));
      streamFps = source.fps;
      let offsetMs: number | undefined;
      let behindSinceMs: number | undefined;
      for await (const picture of source.pictures()) {
        const now = clock.now();
        offsetMs ??= now - picture.atMs;
        const lagMs = now - offsetMs - picture.atMs;
        latestMs = Math.max(latestMs, lagMs);
        // Early arrival shows a better offset; a stream's clock may also drift slowly.
        offsetMs += lagMs < 0 ? lagMs : Math.min(lagMs, 40) * 0.005;
        if (lagMs <= LAG_MS_MAX) behindSinceMs = undefined;
        else behindSinceMs ??= now;
        const isLate = behindSinceMs !== undefined && now - behindSinceMs < CATCH_UP_MS;
        if (behindSinceMs !== undefined && !isLate) {
          offsetMs = now - picture.atMs;
          behindSinceMs = undefined;
        }
        const atMs = offsetMs + picture.atMs;
        for (const compressed of picture.compressed) events.onFootage({ atMs, compressed });
        if (isLate || !events.wants()) events.onSkipped(1);
        else await events.onPicture(picture, atMs);
      }
    } finally {
      await source.close();
    }
  };

  const runForever = async (address: string): Promise<void> => {
    let attempts = 0;
    while (!stopping.signal.aborted) {
      const startedMs = clock.monotonic();
      let reason = 'the camera ended the stream';
      try {
        await runOnce(address);
      } catch (error) {
        reason = error instanceof SourceError ? error.message : withoutSecret(`unexpected: ${String(error)}`);
      }
      if (stopping.signal.aborted) return;
      attempts = clock.monotonic() - startedMs > GOOD_RUN_MS ? 1 : attempts + 1;
      events.onBroken(reason, attempts);
      const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** (attempts - 1));
      await sleep(clock, waitMs * (0.7 + 0.6 * of.random()), stopping.signal);
    }
  };

  return {
    start() {
      if (stream) running = runForever(stream);
    },
    push: (jpeg) => pushed.push(jpeg),
    fps: () => streamFps ?? (stream ? streamed : pushed).fps(),
    lagMs() {
      const lagMs = Math.max(latestMs, streamed.lagMs(), pushed.lagMs());
      latestMs = 0;
      return lagMs;
    },
    async stop() {
      stopping.abort();
      await running;
      await streamed.stop();
      await pushed.stop();
      decoder.close();
    },
  };
}

type DecodeJpeg = (jpeg: Uint8Array, atMs: number) => Promise<Picture | undefined>;

function createJpegQueue(clock: Clock, events: FeedEvents, decode: DecodeJpeg) {
  const arrival = createArrivalClock();
  const queue: { jpeg: Uint8Array; atMs: number }[] = [];
  let pumping: Promise<void> | undefined;
  let latestMs = 0;
  let stopped = false;

  const pump = async (): Promise<void> => {
    for (let next = queue.shift(); next && !stopped; next = queue.shift()) {
      latestMs = Math.max(latestMs, clock.now() - next.atMs);
      const picture = await decode(next.jpeg, next.atMs);
      if (picture) {
        events.onFootage({ atMs: next.atMs, compressed: { type: 'jpeg', bytes: next.jpeg } });
        await events.onPicture(picture, next.atMs);
      } else events.onSkipped(1);
    }
    pumping = undefined;
  };

  return {
    push(jpeg: Uint8Array) {
      if (stopped) return;
      const atMs = arrival.frameAt(clock.now());
      if (queue.length >= QUEUE_FRAMES_MAX || !events.wants()) {
        events.onSkipped(1);
        return;
      }
      queue.push({ jpeg, atMs });
      pumping ??= pump();
    },
    fps: () => arrival.fps(),
    lagMs() {
      const lagMs = latestMs;
      latestMs = 0;
      return lagMs;
    },
    async stop() {
      stopped = true;
      await pumping;
    },
  };
}
