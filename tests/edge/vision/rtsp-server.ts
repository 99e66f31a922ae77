/**
 * An RTSP camera for tests (RFC 2326, RTP of H.264 after RFC 6184, interleaved in the TCP connection):
 * plays an H.264 recording in real time, over and over, with times that go on rising. It can be cut,
 * can refuse, and speaks only TCP, as the gateway asks for.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Demuxer, Packet } from 'node-av';
import { systemClock } from '../../../core/clock.ts';

export interface RtspServer {
  /** With a name and password in it, as cameras want them. */
  readonly url: string;
  /** The recording's pictures in order, as marks: what a copy must consist of, without a gap. */
  readonly pictures: readonly string[];
  /** Marks of the pictures that were sent, in order, for each connection that played. */
  readonly sent: readonly (readonly string[])[];
  /** Transports that clients asked for. */
  readonly transports: readonly string[];
  /** Ends every connection; while `refuse` is true new ones end too. */
  cut(): void;
  refuse(on: boolean): void;
  /** Sends nothing for so long, and then goes on with times as if none had passed, as some encoders do. */
  stall(ms: number): void;
  stop(): Promise<void>;
}

interface AccessUnit {
  key: boolean;
  units: Buffer[];
}

interface Recording {
  units: AccessUnit[];
  parameterSets: Buffer[];
  fps: number;
}

const RTP_CLOCK = 90_000;
const PAYLOAD_TYPE = 96;
const PAYLOAD_BYTES_MAX = 1_400;
const UNIT_TYPES_OF_PICTURES = [1, 5];
/** So many last bytes tell one picture from another. */
const MARK_BYTES = 24;
const CREDENTIALS = 'guard:s3cret';

/** Address of a camera on this machine. */
export function rtspUrl(port: number): string {
  return `rtsp://${CREDENTIALS}@127.0.0.1:${port}/live`;
}

export async function serveRtsp(recordingPath: string): Promise<RtspServer> {
  const recording = await readRecording(recordingPath);
  const sent: string[][] = [];
  const transports: string[] = [];
  const sockets = new Set<Socket>();
  const players = new Set<(unit: AccessUnit, timestamp: number) => void>();
  let refusing = false;
  let played = 0;
  let stalledUntilMs = 0;

  const server: Server = createServer((socket) => {
    if (refusing) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const marks: string[] = [];
    const sender = createSender(socket, marks);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      players.delete(sender);
    });
    answerRequests(socket, {
      sdp: describe(recording),
      onSetup: (transport) => transports.push(transport),
      onPlay() {
        sent.push(marks);
        players.add(sender);
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const periodMs = 1000 / recording.fps;
  let dueMs = systemClock.monotonic();
  // Timers come late by a part of a millisecond each: what is due is told by the clock.
  const timer = systemClock.every(periodMs / 4, () => {
    for (dueMs = Math.max(dueMs, stalledUntilMs); dueMs <= systemClock.monotonic(); dueMs += periodMs) {
      const unit = recording.units[played % recording.units.length];
      const timestamp = Math.round((played * RTP_CLOCK) / recording.fps);
      played += 1;
      if (unit) for (const play of players) play(unit, timestamp);
    }
  });
  return {
    url: rtspUrl((server.address() as AddressInfo).port),
    pictures: recording.units.flatMap(({ units }) => picturesOf(units)),
    sent,
    transports,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    refuse(on) {
      refusing = on;
    },
    stall(ms) {
      stalledUntilMs = systemClock.monotonic() + ms;
    },
    async stop() {
      timer.cancel();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRecording(path: string): Promise<Recording> {
  const demuxer = await Demuxer.open(path);
  const stream = demuxer.video();
  const extradata = stream?.codecpar.extradata;
  if (!stream || !extradata) throw new Error(`${path}: no H.264 recording`);
  const packet = new Packet();
  packet.alloc();
  const units: AccessUnit[] = [];
  while ((await demuxer.getFormatContext().readFrame(packet)) >= 0) {
    if (packet.streamIndex === stream.index && packet.data)
      units.push({ key: packet.isKeyframe, units: unitsOf(Buffer.from(packet.data)) });
    packet.unref();
  }
  packet.free();
  const { num, den } = stream.avgFrameRate;
  await demuxer.close();
  return { units, parameterSets: parameterSetsOf(Buffer.from(extradata)), fps: num / den };
}

/** NAL units with four bytes of length before each, as MP4 has them. */
export function unitsOf(packet: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at + 4 <= packet.length; ) {
    const length = packet.readUInt32BE(at);
    units.push(packet.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return units;
}

/** Marks of the pictures among NAL units: the ends of their bytes in hexadecimal. */
export function picturesOf(units: readonly Buffer[]): string[] {
  return units
    .filter((unit) => UNIT_TYPES_OF_PICTURES.includes((unit[0] ?? 0) & 0x1f))
    .map((unit) => unit.subarray(-MARK_BYTES).toString('hex'));
}

/** Of an avcC box: one sequence and one picture parameter set. */
function parameterSetsOf(avcc: Buffer): Buffer[] {
  const sequenceLength = avcc.readUInt16BE(6);
  const sequence = avcc.subarray(8, 8 + sequenceLength);
  const at = 8 + sequenceLength + 1;
  return [sequence, avcc.subarray(at + 2, at + 2 + avcc.readUInt16BE(at))];
}

function describe({ parameterSets, fps }: Recording): string {
  const [sequence, picture] = parameterSets.map((set) => set.toString('base64'));
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=camera',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    `a=rtpmap:${PAYLOAD_TYPE} H264/${RTP_CLOCK}`,
    `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets=${sequence},${picture}`,
    `a=framerate:${fps}`,
    'a=control:track1',
    '',
  ].join('\r\n');
}

interface Answers {
  sdp: string;
  onSetup(transport: string): void;
  onPlay(): void;
}

function answerRequests(socket: Socket, { sdp, onSetup, onPlay }: Answers): void {
  let waiting = '';
  socket.on('data', (bytes) => {
    // What a client sends interleaved (receiver reports) holds no blank line after a request line.
    waiting += bytes.toString('latin1');
    for (let end = waiting.indexOf('\r\n\r\n'); end >= 0; end = waiting.indexOf('\r\n\r\n')) {
      const request = waiting.slice(0, end);
      waiting = waiting.slice(end + 4);
      const method = /([A-Z_]+) rtsp:/.exec(request)?.[1];
      const sequence = /CSeq: (\d+)/i.exec(request)?.[1] ?? '0';
      const reply = (status: string, headers: string[], body = '') =>
        socket.write(
          `RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
        );
      const known = `Basic ${Buffer.from(CREDENTIALS).toString('base64')}`;
      const transport = /Transport: ([^\r]+)/i.exec(request)?.[1] ?? '';
      if (method === 'OPTIONS') reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
      else if (!request.includes(known)) reply('401 Unauthorized', ['WWW-Authenticate: Basic realm="camera"']);
      else if (method === 'DESCRIBE')
        reply('200 OK', ['Content-Type: application/sdp', `Content-Length: ${sdp.length}`], sdp);
      else if (method === 'SETUP') {
        onSetup(transport);
        if (transport.includes('RTP/AVP/TCP')) reply('200 OK', [`Transport: ${transport}`, 'Session: 1;timeout=60']);
        else reply('461 Unsupported Transport', []);
      } else if (method === 'PLAY') {
        reply('200 OK', ['Session: 1', 'Range: npt=0.000-']);
        onPlay();
      } else reply('200 OK', ['Session: 1']);
    }
  });
}

/** Sends from the next key picture on; a reader that is too slow loses pictures up to the next key. Notes what it sends. */
function createSender(socket: Socket, marks: string[]): (unit: AccessUnit, timestamp: number) => void {
  let sequence = 0;
  let hasKey = false;
  const packet = (payload: Buffer, timestamp: number, last: boolean) => {
    const head = Buffer.alloc(16);
    head.write('$');
    head.writeUInt8(0, 1);
    head.writeUInt16BE(12 + payload.length, 2);
    head.writeUInt8(0x80, 4);
    head.writeUInt8(PAYLOAD_TYPE | (last ? 0x80 : 0), 5);
    head.writeUInt16BE(sequence++ & 0xffff, 6);
    head.writeUInt32BE(timestamp % 2 ** 32, 8);
    head.writeUInt32BE(7, 12);
    socket.write(Buffer.concat([head, payload]));
  };
  return (unit, timestamp) => {
    if (socket.writableLength > 1_000_000) hasKey = false;
    hasKey ||= unit.key;
    if (!hasKey || socket.destroyed) return;
    marks.push(...picturesOf(unit.units));
    for (const [index, nal] of unit.units.entries()) {
      const last = index === unit.units.length - 1;
      if (nal.length <= PAYLOAD_BYTES_MAX) packet(nal, timestamp, last);
      else sendFragments(nal, (payload, end) => packet(payload, timestamp, last && end));
    }
  };
}

/** FU-A of RFC 6184: a NAL unit in pieces, its header split between indicator and piece header. */
function sendFragments(nal: Buffer, send: (payload: Buffer, end: boolean) => void): void {
  const header = nal[0] ?? 0;
  for (let at = 1; at < nal.length; at += PAYLOAD_BYTES_MAX) {
    const end = at + PAYLOAD_BYTES_MAX >= nal.length;
    const marks = (at === 1 ? 0x80 : 0) | (end ? 0x40 : 0);
    const piece = Buffer.from([(header & 0xe0) | 28, marks | (header & 0x1f)]);
    send(Buffer.concat([piece, nal.subarray(at, at + PAYLOAD_BYTES_MAX)]), end);
  }
}
