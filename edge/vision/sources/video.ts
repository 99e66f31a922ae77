/**
 * Video files, RTSP cameras and other network streams through FFmpeg (node-av). Packets are pulled
 * one by one, so a slow reader slows the reading and nothing piles up.
 */
import {
  AV_LOG_QUIET,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  Decoder,
  Demuxer,
  type Frame,
  Log,
  Packet,
  type Stream,
} from 'node-av';
import { type Clock, sleep } from '../../../core/clock.ts';
import { copyLuma, toYuv420 } from './luma.ts';
import { type Compressed, type Picture, type Source, SourceError } from './source.ts';
import { type Turn, turnedSize, turnOf, turnPlane } from './turn.ts';

export interface VideoOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Network streams: longest wait for a packet. */
  timeoutMs?: number;
  /** Keep the bytes of packets for the evidence ring. */
  keepPackets?: boolean;
}

/** A stream that speaks of itself, for the clip's container. */
export interface VideoSource extends Source {
  readonly stream: Stream;
}

const TIMEOUT_MS = 10_000;
/** Streams that name no frame rate. */
const FPS_FALLBACK = 25;
/** Above this a nominal rate is the clock of the stream, not of its pictures. */
const FPS_NOMINAL_MAX = 240;
/** Pictures that cannot be decoded in a row until the source counts as broken. */
const BAD_PACKETS_MAX = 250;
const SIDE_MAX_PX = 8_192;
/** One decodes the next picture while the detector looks at the last: whichever core is free does it. */
const DECODER_THREADS = 2;
/** Packets that wait for their picture; more than a decoder ever holds back. */
const WAITING_MAX = 64;
/** The smallest 64-bit number stands for a time that nobody knows. */
const UNKNOWN_TICKS = -(2n ** 62n);

export async function openVideo(address: string, options: VideoOptions): Promise<VideoSource> {
  Log.setLevel(AV_LOG_QUIET);
  const demuxer = await openDemuxer(address, options);
  const stream = demuxer.video();
  if (!stream) {
    await demuxer.close();
    throw new SourceError(`${address}: no video in it; give a video file, a stream address or a folder of images`);
  }
  const turn = turnOf(displayMatrixOf(stream));
  const { width, height } = turnedSize(stream.codecpar, turn);
  if (width <= 0 || height <= 0 || width > SIDE_MAX_PX || height > SIDE_MAX_PX) {
    await demuxer.close();
    throw new SourceError(
      `${address}: a picture of ${width}×${height} cannot be read; up to ${SIDE_MAX_PX} pixels a side`,
    );
  }
  const decoder = await Decoder.create(stream, { threadCount: DECODER_THREADS, exitOnError: false });
  const fps = frameRate(stream);
  const framesExpected = Number(stream.nbFrames) > 0 ? Number(stream.nbFrames) : undefined;
  return {
    width,
    height,
    fps,
    framesExpected,
    stream,
    pictures: () => decodeAll({ demuxer, decoder, stream, fps, turn }, options),
    async close() {
      decoder.close();
      await demuxer.close();
    },
  };
}

/** The nominal rate; a short file's average is a little off it, since its last frame has no length. */
function frameRate({ avgFrameRate, rFrameRate }: Stream): number {
  const value = (rate: { num: number; den: number }) => (rate.num > 0 && rate.den > 0 ? rate.num / rate.den : 0);
  const average = value(avgFrameRate);
  const nominal = value(rFrameRate);
  if (average === 0) return nominal > 0 && nominal <= FPS_NOMINAL_MAX ? nominal : FPS_FALLBACK;
  return Math.abs(nominal / average - 1) < 0.03 ? nominal : average;
}

async function openDemuxer(address: string, options: VideoOptions): Promise<Demuxer> {
  const timeoutMicroseconds = String((options.timeoutMs ?? TIMEOUT_MS) * 1000);
  const network = /^[a-z]+:\/\//i.test(address);
  const rtsp = /^rtsps?:\/\//i.test(address);
  try {
    return await Demuxer.open(address, {
      ...(options.signal && { signal: options.signal }),
      options: {
        // What is read while the stream is looked into is dropped, so that a camera is seen as it is now.
        ...(rtsp && { rtsp_transport: 'tcp', timeout: timeoutMicroseconds, fflags: 'nobuffer' }),
        ...(network && !rtsp && { rw_timeout: timeoutMicroseconds }),
        ...(network && { analyzeduration: '2000000' }),
      },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SourceError(`${address}: cannot be opened as video (${why.split('\n')[0]})`, { cause: error });
  }
}

interface Opened {
  demuxer: Demuxer;
  decoder: Decoder;
  stream: Stream;
  fps: number;
  turn: Turn;
}

/** How the pictures are to be shown, where the container says so. */
export function displayMatrixOf({ codecpar }: Stream): Uint8Array | undefined {
  return codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX) ?? undefined;
}

async function* decodeAll(opened: Opened, options: VideoOptions): AsyncGenerator<Picture> {
  const { demuxer, decoder, stream, fps, turn } = opened;
  const context = demuxer.getFormatContext();
  const seconds = stream.timeBase.num / stream.timeBase.den;
  const toMs = (ticks: bigint) => (ticks > UNKNOWN_TICKS ? Number(ticks) * seconds * 1000 : undefined);
  const packet = new Packet();
  packet.alloc();
  const times = createTimes(1000 / fps);
  const waiting = createWaiting();
  let badInARow = 0;
  try {
    for (;;) {
      if (options.signal?.aborted) return;
      const status = await context.readFrame(packet);
      if (status === AVERROR_EAGAIN) {
        await sleep(options.clock, 5, options.signal);
        continue;
      }
      if (status < 0 && status !== AVERROR_EOF) throw new SourceError(`the stream broke off (FFmpeg status ${status})`);
      if (status >= 0 && packet.streamIndex !== stream.index) {
        packet.unref();
        continue;
      }
      const kept = options.keepPackets && status >= 0;
      if (kept) waiting.add(toCompressed(packet, toMs));
      const frames = decode(decoder, status >= 0 ? packet : null);
      badInARow = frames ? 0 : badInARow + 1;
      if (badInARow > BAD_PACKETS_MAX)
        throw new SourceError('the stream cannot be decoded: damaged, or not the codec it names');
      yield* toPictures(frames ?? [], { waiting, times, toMs, turn });
      packet.unref();
      if (status < 0) return;
    }
  } finally {
    packet.free();
  }
}

/** A packet of which the stream names no time at all is of no use in a clip. */
function toCompressed(packet: Packet, toMs: (ticks: bigint) => number | undefined): Compressed | undefined {
  const ptsMs = toMs(packet.pts) ?? toMs(packet.dts);
  if (!packet.data || ptsMs === undefined) return undefined;
  const dtsMs = toMs(packet.dts) ?? ptsMs;
  return { type: 'packet', bytes: Uint8Array.from(packet.data), key: packet.isKeyframe, ptsMs, dtsMs };
}

/** Frames of one packet, or undefined when the decoder refuses it; damaged packets are usual on a network. */
function decode(decoder: Decoder, packet: Packet | null): Frame[] | undefined {
  try {
    return decoder.decodeAllSync(packet);
  } catch {
    return undefined;
  }
}

function* toPictures(
  frames: Frame[],
  of: {
    waiting: Waiting;
    times: (ptsMs: number | undefined) => number;
    toMs: (ticks: bigint) => number | undefined;
    turn: Turn;
  },
): Generator<Picture> {
  const { turn } = of;
  for (const frame of frames) {
    const ptsMs = of.toMs(frame.bestEffortTimestamp);
    try {
      yield {
        ...turnedSize(frame, turn),
        atMs: of.times(ptsMs),
        copyLuma(target) {
          if (turn === 0) return copyLuma(frame, target);
          const stored = new Uint8Array(target.length);
          copyLuma(frame, stored);
          turnPlane(stored, frame, turn, target);
        },
        yuv420: () => toYuv420(frame, turn),
        compressed: of.waiting.until(ptsMs),
      };
    } finally {
      frame.free();
    }
  }
}

interface Waiting {
  add(compressed: Compressed | undefined): void;
  until(ptsMs: number | undefined): Compressed[];
}

/** A decoder gives a picture some packets after its own: what was read waits until its picture comes. */
function createWaiting(): Waiting {
  let packets: Compressed[] = [];
  return {
    add(compressed) {
      if (compressed) packets.push(compressed);
    },
    /** What was read up to the packet of that time; of a time that none has, nothing unless too many wait. */
    until(ptsMs) {
      const own = packets.findIndex((packet) => packet.type === 'packet' && packet.ptsMs === ptsMs);
      const count = own < 0 && (ptsMs === undefined || packets.length > WAITING_MAX) ? packets.length : own + 1;
      const taken = packets.slice(0, count);
      packets = packets.slice(count);
      return taken;
    },
  };
}

/** Times that begin near 0 and always rise, also where the stream's own are missing or jump back. */
function createTimes(periodMs: number): (ptsMs: number | undefined) => number {
  let offsetMs: number | undefined;
  let lastMs = -periodMs;
  return (ptsMs) => {
    offsetMs ??= ptsMs ?? 0;
    let atMs = ptsMs === undefined ? lastMs + periodMs : ptsMs - offsetMs;
    if (atMs <= lastMs) {
      atMs = lastMs + periodMs;
      if (ptsMs !== undefined) offsetMs = ptsMs - atMs;
    }
    lastMs = atMs;
    return atMs;
  };
}
