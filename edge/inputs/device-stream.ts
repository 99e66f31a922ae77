/**
 * Stands between a device's connection and the broker. Once the device is logged in, what it
 * publishes at QoS 0 and 1 is taken here, frame by frame, and acknowledged here, all that is kept
 * together in one write: the broker's own way of a PUBLISH costs more than keeping it. Everything
 * else, logins, subscriptions, pings, QoS 2, passes through to the broker and back untouched.
 */
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../core/clock.ts';
import { frameAt, PACKET } from '../../core/mqtt-frame.ts';
import { Mqtt5Translator, type MqttConnection } from '../../core/mqtt5.ts';

/** Taken and not yet kept: beyond it the connection is read no further. */
const WAITING_MAX = 128;

/** Of a message beyond all limits so much is looked at, topic included; the rest is never kept in memory. */
const HEAD_BYTES = 4_096;

/** A message as a device published it. */
export interface Published {
  topic: string;
  payload: Uint8Array;
  /** Packet identifier; 0 at QoS 0. */
  messageId: number;
  dup: boolean;
  /** Of the payload as it was sent: of one beyond all limits, `payload` is only the head. */
  payloadBytes: number;
}

/** Called when a message is kept, or with what was wrong with it: either way the device gets its PUBACK. */
export type Answer = (wrong?: keyof typeof ACK_REASONS) => void;

/** Reason codes of a PUBACK for a client of MQTT 5.0 (3.4.2.1): not authorised, payload invalid. */
const ACK_REASONS = { topic: 0x87, payload: 0x99 } as const;

interface Taker {
  take(message: Published, answer: Answer): void;
  /** The device has said something: its keep-alive begins anew. */
  alive(): void;
}

type CutReason = 'packet-too-large' | 'malformed' | 'unread';

export interface DeviceStreamOptions {
  clock: Clock;
  frameBytesMax: number;
  /** What was sent to the device and not read for so long ends the connection. */
  unreadTimeoutMs: number;
  onCut(reason: CutReason): void;
}

export class DeviceStream extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly #socket: MqttConnection;
  readonly #options: DeviceStreamOptions;
  #taker: Taker | undefined;
  /** Bytes of a frame that is not complete, and how many it needs as far as known. */
  #rest: Buffer[] = [];
  #restLength = 0;
  #needed = 0;
  /** Bytes still to come of a message beyond all limits. */
  #skip = 0;
  #waiting = 0;
  #isBrokerFull = false;
  #unread: Timer | undefined;
  /** Packet identifiers whose PUBACK goes out at the end of this turn. */
  #acks: number[] = [];

  constructor(socket: MqttConnection, options: DeviceStreamOptions) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#options = options;
    this.remoteAddress = socket.remoteAddress;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    socket.on('drain', () => this.#paceReading());
  }

  /** The device is logged in: what it publishes from now on goes to `taker`. */
  open(taker: Taker): void {
    this.#taker = taker;
  }

  /** The PUBACK of this packet will say to a client of MQTT 5.0 what was wrong. */
  setAckReason(messageId: number, wrong: keyof typeof ACK_REASONS): void {
    if (this.#socket instanceof Mqtt5Translator) this.#socket.setAckReason(messageId, ACK_REASONS[wrong]);
  }

  override _read(): void {
    this.#isBrokerFull = false;
    this.#paceReading();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  /** A packet of the broker comes in several chunks at once: acknowledgements must not get between them. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map((one) => Buffer.from(one.chunk))), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#unread?.cancel();
    this.#socket.destroy();
    done(null);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) done(new Error('connection closed'));
    else if (this.#socket.write(bytes)) done();
    else this.#socket.once('drain', () => done());
  }

  #receive(received: Buffer): void {
    const chunk = received.subarray(Math.min(this.#skip, received.length));
    this.#skip -= received.length - chunk.length;
    let bytes = chunk;
    if (this.#restLength > 0) {
      this.#rest.push(chunk);
      this.#restLength += chunk.length;
      if (this.#restLength < this.#needed) return;
      bytes = Buffer.concat(this.#rest);
    }
    const at = this.#takeFrames(bytes);
    if (at === undefined) return;
    this.#rest = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#restLength = bytes.length - at;
    this.#taker?.alive();
    this.#paceReading();
  }

  /** Takes every complete frame and says where the rest begins; undefined when the connection was cut. */
  #takeFrames(bytes: Buffer): number | undefined {
    let at = 0;
    while (at < bytes.length) {
      const frame = frameAt(bytes, at);
      if (frame === 'short') {
        this.#needed = bytes.length - at + 1;
        break;
      }
      if (frame === 'bad') return this.#cut('malformed');
      const first = bytes[at] ?? 0;
      const isPublish = first >> 4 === PACKET.publish && (first & 0x04) === 0 && this.#taker !== undefined;
      const isTooLarge = frame.end - at > this.#options.frameBytesMax;
      if (isTooLarge && !isPublish) return this.#cut('packet-too-large');
      const end = isTooLarge ? Math.min(frame.end, frame.bodyAt + HEAD_BYTES) : frame.end;
      if (end > bytes.length) {
        this.#needed = end - at;
        break;
      }
      // What came before the login, or waits behind such, keeps its place in the broker's queue.
      if (!isPublish || (this.readableLength > 0 && !isTooLarge))
        this.#isBrokerFull = !this.push(bytes.subarray(at, end)) || this.#isBrokerFull;
      else if (!this.#publish(bytes, first, frame.bodyAt, end, frame.end)) return this.#cut('malformed');
      at = Math.min(frame.end, bytes.length);
      this.#skip = frame.end - at;
    }
    return at;
  }

  /** Takes the PUBLISH whose body lies between the two; of one beyond all limits `frameEnd` is further off. */
  #publish(bytes: Buffer, first: number, bodyAt: number, end: number, frameEnd: number): boolean {
    if (bodyAt + 2 > end) return false;
    const topicEnd = bodyAt + 2 + bytes.readUInt16BE(bodyAt);
    const hasId = (first & 0x02) !== 0;
    const payloadAt = hasId ? topicEnd + 2 : topicEnd;
    if (payloadAt > end) return false;
    const messageId = hasId ? bytes.readUInt16BE(topicEnd) : 0;
    if (hasId && messageId === 0) return false;
    const message: Published = {
      topic: bytes.toString('utf8', bodyAt + 2, topicEnd),
      payload: bytes.subarray(payloadAt, end),
      payloadBytes: frameEnd - payloadAt,
      messageId,
      dup: (first & 0x08) !== 0,
    };
    this.#waiting += 1;
    this.#taker?.take(message, (wrong) => this.#answer(messageId, wrong));
    return true;
  }

  #answer(messageId: number, wrong: keyof typeof ACK_REASONS | undefined): void {
    this.#waiting -= 1;
    if (messageId > 0 && wrong !== undefined) this.setAckReason(messageId, wrong);
    if (messageId === 0) this.#paceReading();
    else if (this.#acks.push(messageId) === 1) process.nextTick(() => this.#acknowledge());
  }

  #acknowledge(): void {
    const acks = this.#acks;
    this.#acks = [];
    if (this.#socket.destroyed) return;
    const bytes = Buffer.allocUnsafe(acks.length * 4);
    for (let index = 0; index < acks.length; index += 1)
      bytes.writeUInt32BE(((PACKET.puback << 28) | (2 << 16) | (acks[index] ?? 0)) >>> 0, index * 4);
    this.#socket.write(bytes);
    this.#paceReading();
  }

  /** A device that does not read its acknowledgements, or sends more than is kept, is read no further. */
  #paceReading(): void {
    const isUnread = this.#socket.writableNeedDrain;
    const isFull = this.#isBrokerFull || this.#waiting > WAITING_MAX || isUnread;
    const { clock, unreadTimeoutMs } = this.#options;
    if (isUnread) this.#unread ??= clock.after(unreadTimeoutMs, () => this.#cut('unread'));
    else if (this.#unread) {
      this.#unread.cancel();
      this.#unread = undefined;
    }
    if (isFull !== this.#socket.isPaused()) {
      if (isFull) this.#socket.pause();
      else this.#socket.resume();
    }
  }

  #cut(reason: CutReason): undefined {
    this.#options.onCut(reason);
    this.destroy();
  }
}
