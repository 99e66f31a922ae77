/**
 * Evidence as files: the clip and colour pictures out of compressed footage. H.264 and H.265 are
 * copied as they came; JPEG footage, and all footage with privacy masks, is encoded as H.264, which
 * happens in a process of its own (encoding.ts).
 */
import {
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVMEDIA_TYPE_VIDEO,
  Codec,
  CodecContext,
  CodecParameters,
  FormatContext,
  Frame,
  Packet,
  type Stream,
} from 'node-av';
import { createJpegDecoder } from '../sources/jpeg.ts';
import { toYuv420 } from '../sources/luma.ts';
import type { CompressedPacket } from '../sources/source.ts';
import { type Turn, turnedSize, turnOf } from '../sources/turn.ts';
import { displayMatrixOf } from '../sources/video.ts';
import type { Footage } from './footage-ring.ts';
import { type ColourPicture, coverPrivacy, type PrivacyAreas } from './privacy.ts';
import { createVideoWriter, TICKS_PER_MS, TIME_BASE, toTicks } from './video-writer.ts';

/** What is needed to decode or copy packets after their stream is closed, and in another process. */
export interface PacketCodec {
  codecId: number;
  width: number;
  height: number;
  format: number;
  profile: number;
  level: number;
  extradata: Uint8Array | undefined;
  /** How the pictures are to be shown (sources/turn.ts). */
  displayMatrix: Uint8Array | undefined;
}

export function keepCodec(stream: Stream): PacketCodec {
  const { codecId, width, height, format, profile, level, extradata } = stream.codecpar;
  const displayMatrix = displayMatrixOf(stream);
  return {
    codecId,
    width,
    height,
    format,
    profile,
    level,
    extradata: extradata ? Uint8Array.from(extradata) : undefined,
    displayMatrix: displayMatrix && Uint8Array.from(displayMatrix),
  };
}

function toParameters(codec: PacketCodec): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = codec.codecId as CodecParameters['codecId'];
  parameters.width = codec.width;
  parameters.height = codec.height;
  parameters.format = codec.format as CodecParameters['format'];
  parameters.profile = codec.profile as CodecParameters['profile'];
  parameters.level = codec.level;
  if (codec.extradata) parameters.extradata = Buffer.from(codec.extradata);
  if (codec.displayMatrix) parameters.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, Buffer.from(codec.displayMatrix));
  return parameters;
}

export interface ClipJob {
  footage: readonly Footage[];
  codec: PacketCodec | undefined;
  path: string;
  /** Areas to make unreadable. Forces encoding. */
  privacy?: PrivacyAreas | undefined;
}

/** Writes an MP4; answers false when the footage cannot make one. */
export async function writeClip(job: ClipJob): Promise<boolean> {
  if (job.footage.length < 2) return false;
  return isCopied(job) ? copyPackets(job) : encodePictures(job);
}

/** True when the clip needs no encoder. */
export function isCopied({ codec, privacy }: Omit<ClipJob, 'footage'>): boolean {
  return !privacy && (codec?.codecId === AV_CODEC_ID_H264 || codec?.codecId === AV_CODEC_ID_HEVC);
}

async function copyPackets({ footage, codec, path }: ClipJob): Promise<boolean> {
  const first = footage[0]?.compressed;
  if (!codec || first?.type !== 'packet') return false;
  const context = new FormatContext();
  check(context.allocOutputContext2(null, 'mp4', path), 'the clip cannot be begun');
  const packet = new Packet();
  packet.alloc();
  try {
    const stream = context.newStream();
    stream.codecpar = toParameters(codec);
    stream.timeBase = TIME_BASE as Stream['timeBase'];
    check(await context.openOutput(), `${path} cannot be written`);
    check(await context.writeHeader(), 'the header of the clip was refused');
    for (const { compressed } of footage) {
      if (compressed.type !== 'packet') continue;
      packet.data = Buffer.from(compressed.bytes);
      packet.isKeyframe = compressed.key;
      packet.streamIndex = 0;
      packet.pts = toTicks(compressed.ptsMs - first.dtsMs);
      packet.dts = toTicks(compressed.dtsMs - first.dtsMs);
      packet.timeBase = TIME_BASE;
      packet.rescaleTs(TIME_BASE, stream.timeBase);
      await context.interleavedWriteFrame(packet);
      packet.unref();
    }
    check(await context.writeTrailer(), 'the clip could not be closed');
    return true;
  } finally {
    packet.free();
    await context.closeOutput();
    context.freeContext();
  }
}

async function encodePictures({ footage, codec, path, privacy }: ClipJob): Promise<boolean> {
  const [startMs, endMs] = [footage[0]?.atMs ?? 0, footage.at(-1)?.atMs ?? 0];
  const fps = within((1000 * (footage.length - 1)) / Math.max(1, endMs - startMs));
  const writer = createVideoWriter(path, { fps, bitRate: '2M', threads: 1 });
  let isEmpty = true;
  try {
    for await (const { colour, atMs } of decodeFootage(footage, codec)) {
      const picture = colour();
      if (privacy) coverPrivacy(picture, privacy);
      writer.write(picture, atMs - startMs);
      isEmpty = false;
    }
    writer.finish();
    return !isEmpty;
  } finally {
    writer.close();
  }
}

/** Frames a second that a camera may have. */
function within(fps: number): number {
  return Math.min(120, Math.max(1, fps));
}

export interface DecodedFootage {
  /** When it was to be seen, by the footage's clock. */
  atMs: number;
  /** Converts the picture; its sides are even. To be called before the next one is asked for. */
  colour(): ColourPicture;
}

/** Footage as pictures, in order; what cannot be decoded is left out. */
export async function* decodeFootage(
  footage: readonly Footage[],
  codec: PacketCodec | undefined,
): AsyncGenerator<DecodedFootage> {
  const jpegs = createJpegDecoder();
  const packets = codec ? openPacketDecoder(codec) : undefined;
  const turn = turnOf(codec?.displayMatrix);
  // A packet is read with its own picture or, where pictures are stored out of order, with one shown before it.
  let offsetMs = Number.NEGATIVE_INFINITY;
  try {
    for (const { compressed, atMs } of footage) {
      if (compressed.type === 'jpeg') {
        // The event loop of a worker also feeds the detectors: let them in between two pictures.
        await new Promise(setImmediate);
        const picture = jpegs.decode(compressed.bytes, atMs);
        if (picture) yield { colour: () => evenly(picture, picture.yuv420()), atMs };
      } else if (packets) {
        offsetMs = Math.max(offsetMs, atMs - compressed.ptsMs);
        yield* toColour(packets.decode(compressed), { offsetMs, turn });
      }
    }
    if (packets) yield* toColour(packets.decode(null), { offsetMs, turn });
  } finally {
    jpegs.close();
    packets?.close();
  }
}

async function* toColour(
  frames: AsyncGenerator<Frame>,
  { offsetMs, turn }: { offsetMs: number; turn: Turn },
): AsyncGenerator<DecodedFootage> {
  for await (const frame of frames) {
    const atMs = Number(frame.bestEffortTimestamp) / TICKS_PER_MS + offsetMs;
    yield { colour: () => evenly(turnedSize(frame, turn), toYuv420(frame, turn)), atMs };
    frame.unref();
  }
}

function evenly({ width, height }: { width: number; height: number }, yuv: Uint8Array): ColourPicture {
  return { width: width & ~1, height: height & ~1, yuv };
}

/** Decodes in the thread pool, beside the detectors. `decode(null)` gives what the decoder still holds. */
function openPacketDecoder(codec: PacketCodec): {
  /** Times of the frames are in ticks. */
  decode(compressed: CompressedPacket | null): AsyncGenerator<Frame>;
  close(): void;
} {
  const decoder = Codec.findDecoder(codec.codecId as CodecParameters['codecId']);
  if (!decoder) throw new Error(`no decoder for codec ${codec.codecId}`);
  const context = new CodecContext();
  context.allocContext3(decoder);
  toParameters(codec).toContext(context);
  context.threadCount = 1;
  check(context.open2Sync(decoder), 'the decoder of the evidence does not open');
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  return {
    async *decode(compressed) {
      packet.unref();
      if (compressed) {
        packet.data = Buffer.from(compressed.bytes);
        packet.pts = toTicks(compressed.ptsMs);
        packet.dts = toTicks(compressed.dtsMs);
      }
      if ((await context.sendPacket(compressed ? packet : null)) < 0) return;
      while ((await context.receiveFrame(frame)) >= 0) yield frame;
    },
    close() {
      packet.free();
      frame.free();
      context.freeContext();
    },
  };
}

function check(status: number, what: string): void {
  if (status < 0) throw new Error(`${what} (FFmpeg status ${status})`);
}
