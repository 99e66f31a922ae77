/**
 * Lets a broker that speaks MQTT 3.1.1 (aedes) serve MQTT 5.0 clients: `acceptMqtt` looks at the
 * protocol level in the first bytes, hands a 3.1.1 connection on untouched, and puts a translator
 * between broker and a 5.0 connection. The translator rewrites frames, byte for byte, both ways:
 * properties are dropped on the way in (nothing of ours needs them) and are empty on the way out,
 * return codes become reason codes. What it offers of MQTT 5.0 beyond 3.1.1: reason codes, also in
 * PUBACK through `setAckReason`, session expiry of zero, assigned client ids, the maximum packet size,
 * DISCONNECT with will.
 * Not offered, and said so by the defaults of the CONNACK: topic aliases, enhanced authentication.
 * Section numbers are those of the OASIS standard MQTT Version 5.0.
 */
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { frameAt, PACKET, varint } from './mqtt-frame.ts';

/** A connection of MQTT 3.1.1: the socket itself, or what translates it. */
export interface MqttConnection extends Duplex {
  remoteAddress?: string | undefined;
}

/** What `net.Socket` and `tls.TLSSocket` have and the translator needs. */
export interface MqttSocket extends MqttConnection {
  setTimeout(timeoutMs: number, callback?: () => void): unknown;
}

export interface AcceptOptions {
  /** A connection that has not sent the head of its CONNECT by then is cut. */
  connectTimeoutMs: number;
  /** A frame longer than this ends the connection, before anything of it is kept in memory. */
  frameBytesMax: number;
}

/** Calls `handle` once with the stream that the broker may treat as an MQTT 3.1.1 connection. */
export function acceptMqtt(socket: MqttSocket, options: AcceptOptions, handle: (stream: MqttConnection) => void): void {
  const cut = () => socket.destroy();
  let head: Buffer = Buffer.alloc(0);
  const look = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const level = protocolLevel(head);
    // Too short to tell. Not given back before the end: that would count as something to read, for ever.
    if (level === 'short') return;
    socket.off('readable', look);
    for (const event of ['error', 'end', 'timeout']) socket.off(event, cut);
    socket.setTimeout(0);
    socket.unshift(head);
    handle(level === 5 ? new Mqtt5Translator(socket, options.frameBytesMax) : socket);
  };
  for (const event of ['error', 'end', 'timeout']) socket.on(event, cut);
  socket.setTimeout(options.connectTimeoutMs);
  socket.on('readable', look);
}

/** The level byte of a CONNECT (3.1.2.2); 0 for what is no CONNECT: the broker will refuse it. */
function protocolLevel(head: Buffer): number | 'short' {
  if (head[0] !== undefined && head[0] >> 4 !== PACKET.connect) return 0;
  const frame = frameAt(head, 0);
  if (frame === 'bad') return 0;
  if (frame === 'short' || head.length < frame.bodyAt + 2) return 'short';
  const levelAt = frame.bodyAt + 2 + head.readUInt16BE(frame.bodyAt);
  if (levelAt - frame.bodyAt > 10) return 0;
  return head[levelAt] ?? 'short';
}

/** Connect return codes of 3.1.1 as reason codes (3.2.2.2): version, client id, unavailable, credentials, rights. */
const CONNECT_REASON = [0x00, 0x84, 0x85, 0x88, 0x86, 0x87] as const;
const REASON_DISCONNECT_WITH_WILL = 0x04;
const REASON_NOT_AUTHORIZED = 0x87;
const PROPERTY_SESSION_EXPIRY = 0x11;
const PROPERTY_ASSIGNED_CLIENT_ID = 0x12;
const PROPERTY_MAXIMUM_PACKET_SIZE = 0x27;

/** A 3.1.1 connection to the broker, a 5.0 connection to the client. */
export class Mqtt5Translator extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly #socket: MqttSocket;
  readonly #inbound: Framer;
  readonly #outbound: Framer;
  /** Packet identifier → reason code of the PUBACK still to be written. */
  readonly #ackReasons = new Map<number, number>();
  /** Packet identifier of an UNSUBSCRIBE → number of its filters: a 5.0 UNSUBACK has a code for each. */
  readonly #unsubscribes = new Map<number, number>();
  readonly #frameBytesMax: number;
  #assignedId: string | undefined;

  constructor(socket: MqttSocket, frameBytesMax: number) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    this.#frameBytesMax = frameBytesMax;
    this.#inbound = new Framer(frameBytesMax);
    // The broker is ours: its frames need no limit.
    this.#outbound = new Framer(0x0fffffff);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** The PUBACK of this packet will carry this reason code (3.4.2.1) instead of success. */
  setAckReason(messageId: number, reason: number): void {
    this.#ackReasons.set(messageId, reason);
  }

  override _read(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    const parts: Buffer[] = [];
    this.#outbound.push(bytes, (frame, bodyAt) => parts.push(this.#toClient(frame, bodyAt)));
    if (this.#socket.destroyed) done(new Error('connection closed'));
    else if (parts.length === 0 || this.#socket.write(Buffer.concat(parts))) done();
    else this.#socket.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(null);
  }

  /** Frames from the network: whatever is malformed ends the connection (4.13), never the process. */
  #receive(chunk: Buffer): void {
    let open = true;
    try {
      const fits = this.#inbound.push(chunk, (frame, bodyAt) => {
        const translated = this.#toBroker(frame, bodyAt);
        if (translated === 'end') open = false;
        else if (!this.push(translated)) this.#socket.pause();
      });
      if (!fits) this.destroy();
      else if (!open) this.push(null);
    } catch {
      this.destroy();
    }
  }

  #toBroker(frame: Buffer, bodyAt: number): Buffer | 'end' {
    const first = frame[0] ?? 0;
    const body = frame.subarray(bodyAt);
    switch (first >> 4) {
      case PACKET.connect:
        return build(first, this.#connect(body));
      case PACKET.publish: {
        const propertiesAt = 2 + body.readUInt16BE(0) + ((first >> 1) & 3 ? 2 : 0);
        return build(first, [body.subarray(0, propertiesAt), body.subarray(afterProperties(body, propertiesAt))]);
      }
      case PACKET.puback:
      case PACKET.pubrec:
      case PACKET.pubrel:
      case PACKET.pubcomp:
        return build(first, [body.subarray(0, 2)]);
      case PACKET.subscribe:
        return build(first, [body.subarray(0, 2), subscriptions(body.subarray(afterProperties(body, 2)))]);
      case PACKET.unsubscribe: {
        const filters = body.subarray(afterProperties(body, 2));
        if (this.#unsubscribes.size < 1_000) this.#unsubscribes.set(body.readUInt16BE(0), countStrings(filters));
        return build(first, [body.subarray(0, 2), filters]);
      }
      case PACKET.disconnect:
        // Closing without a 3.1.1 DISCONNECT is what makes the broker publish the will.
        return body[0] === REASON_DISCONNECT_WITH_WILL ? 'end' : build(first, []);
      case PACKET.auth:
        return 'end';
      default:
        return frame;
    }
  }

  /** CONNECT (3.1): level 4, no properties, clean when the session would end with the connection. */
  #connect(body: Buffer): Buffer[] {
    const levelAt = 2 + body.readUInt16BE(0);
    const flags = body.readUInt8(levelAt + 1);
    const propertiesAt = levelAt + 4;
    const payloadAt = afterProperties(body, propertiesAt);
    const clean = (flags & 0x02) !== 0 || sessionExpirySeconds(body, propertiesAt) === 0;
    const head = Buffer.from(body.subarray(0, propertiesAt));
    head[levelAt] = 4;
    head[levelAt + 1] = clean ? flags | 0x02 : flags & ~0x02;
    const idEnd = payloadAt + 2 + body.readUInt16BE(payloadAt);
    let clientId = body.subarray(payloadAt, idEnd);
    if (clientId.length === 2) {
      this.#assignedId = `auto-${randomBytes(9).toString('hex')}`;
      clientId = text(this.#assignedId);
    }
    const hasWill = (flags & 0x04) !== 0;
    return [head, clientId, body.subarray(hasWill ? afterProperties(body, idEnd) : idEnd)];
  }

  #toClient(frame: Buffer, bodyAt: number): Buffer {
    const first = frame[0] ?? 0;
    const body = frame.subarray(bodyAt);
    switch (first >> 4) {
      case PACKET.connack: {
        const code = body[1] ?? 0;
        const head = Buffer.from([body[0] ?? 0, CONNECT_REASON[code] ?? 0x80]);
        if (code !== 0) return build(first, [head, NO_PROPERTIES]);
        const largest = Buffer.from([PROPERTY_MAXIMUM_PACKET_SIZE, 0, 0, 0, 0]);
        largest.writeUInt32BE(this.#frameBytesMax, 1);
        const id = this.#assignedId;
        const assigned = id === undefined ? [] : [Buffer.from([PROPERTY_ASSIGNED_CLIENT_ID]), text(id)];
        const properties = Buffer.concat([largest, ...assigned]);
        return build(first, [head, Buffer.from([properties.length]), properties]);
      }
      case PACKET.publish: {
        const propertiesAt = 2 + body.readUInt16BE(0) + ((first >> 1) & 3 ? 2 : 0);
        return build(first, [body.subarray(0, propertiesAt), NO_PROPERTIES, body.subarray(propertiesAt)]);
      }
      case PACKET.puback: {
        if (this.#ackReasons.size === 0) return frame;
        const id = body.readUInt16BE(0);
        const reason = this.#ackReasons.get(id);
        this.#ackReasons.delete(id);
        return reason === undefined ? frame : build(first, [body.subarray(0, 2), Buffer.from([reason])]);
      }
      case PACKET.suback: {
        const codes = Buffer.from(body.subarray(2).map((code) => (code === 0x80 ? REASON_NOT_AUTHORIZED : code)));
        return build(first, [body.subarray(0, 2), NO_PROPERTIES, codes]);
      }
      case PACKET.unsuback: {
        const id = body.readUInt16BE(0);
        const count = this.#unsubscribes.get(id) ?? 1;
        this.#unsubscribes.delete(id);
        return build(first, [body.subarray(0, 2), NO_PROPERTIES, Buffer.alloc(count)]);
      }
      default:
        return frame;
    }
  }
}

const NO_PROPERTIES = Buffer.from([0]);

/** Cuts a byte stream into MQTT frames. */
class Framer {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the frame at the front needs, as far as known. */
  #needed = 2;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Calls `take` for each complete frame; false when a frame is longer than allowed. */
  push(chunk: Buffer, take: (frame: Buffer, bodyAt: number) => void): boolean {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return true;
    const bytes = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
    let at = 0;
    this.#needed = 2;
    while (at < bytes.length) {
      const frame = frameAt(bytes, at);
      if (frame === 'short') {
        this.#needed = bytes.length - at + 1;
        break;
      }
      if (frame === 'bad' || frame.end - at > this.#bytesMax) return false;
      if (frame.end > bytes.length) {
        this.#needed = frame.end - at;
        break;
      }
      take(bytes.subarray(at, frame.end), frame.bodyAt - at);
      at = frame.end;
    }
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#length = bytes.length - at;
    return true;
  }
}

function afterProperties(body: Buffer, at: number): number {
  const length = varint(body, at);
  if (typeof length === 'string' || length.end + length.value > body.length) throw new Error('properties cut short');
  return length.end + length.value;
}

/** Zero when absent (3.1.2.11.2). Only properties that may stand before it are skipped by their size. */
function sessionExpirySeconds(body: Buffer, at: number): number {
  const end = afterProperties(body, at);
  const length = varint(body, at);
  let next = typeof length === 'string' ? end : length.end;
  while (next < end) {
    const id = body.readUInt8(next);
    if (id === PROPERTY_SESSION_EXPIRY) return body.readUInt32BE(next + 1);
    const size = connectPropertyBytes(body, id, next + 1);
    if (size === undefined) return 0;
    next += 1 + size;
  }
  return 0;
}

/** Sizes of the properties a CONNECT may carry (table 2-4). */
function connectPropertyBytes(body: Buffer, id: number, at: number): number | undefined {
  switch (id) {
    case 0x17: // request problem information
    case 0x19: // request response information
      return 1;
    case 0x21: // receive maximum
    case 0x22: // topic alias maximum
      return 2;
    case 0x27: // maximum packet size
      return 4;
    case 0x15: // authentication method
    case 0x16: // authentication data
      return 2 + body.readUInt16BE(at);
    case 0x26: {
      // user property: two strings
      const key = 2 + body.readUInt16BE(at);
      return key + 2 + body.readUInt16BE(at + key);
    }
    default:
      return undefined;
  }
}

/** Filters with their option byte cut down to the QoS (3.8.3.1). */
function subscriptions(filters: Buffer): Buffer {
  const copy = Buffer.from(filters);
  for (let at = 0; at < copy.length; ) {
    at += 2 + copy.readUInt16BE(at);
    copy.writeUInt8(copy.readUInt8(at) & 0x03, at);
    at += 1;
  }
  return copy;
}

function countStrings(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) count += 1;
  return count;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function build(first: number, parts: Buffer[]): Buffer {
  let rest = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [first];
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    head.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(head), ...parts]);
}
