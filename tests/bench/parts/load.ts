/**
 * Load generator, a process of its own: CONNECTIONS raw MQTT 3.1.1 clients that publish at QoS 1 and
 * keep WINDOW messages under way each, or a fixed rate over all of them. Frames are built once and
 * only their packet identifiers change, so that the generator costs the broker's machine little.
 * Reads its orders as JSON from the first argument, prints its result as JSON.
 */
import { connect, type Socket } from 'node:net';

export interface LoadOrder {
  port: number;
  connections: number;
  /** Messages under way per connection. */
  window: number;
  seconds: number;
  warmupSeconds: number;
  /** Messages a second over all connections; 0 for as fast as they are acknowledged. */
  rate: number;
  communityId: string;
  kind: string;
  devicePrefix: string;
  password: string;
  payload: Record<string, unknown>;
}

export interface LoadResult {
  acknowledged: number;
  perSecond: number;
  latencyMsP50: number;
  latencyMsP99: number;
  latencyMsMax: number;
  connectMs: number;
  errors: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
const sentAt = Array.from({ length: order.connections }, () => new Float64Array(65_536));
/** Buckets of a tenth of a millisecond, up to ten seconds. */
const histogram = new Uint32Array(100_000);
let acknowledged = 0;
let errors = 0;
let measuring = false;
let maxMs = 0;

class Client {
  readonly socket: Socket;
  readonly #index: number;
  readonly #frame: Buffer;
  readonly #idAt: number;
  #nextId = 1;
  underWay = 0;
  /** Bytes of a frame that is not complete. */
  #rest: Buffer | undefined;
  #ready: (() => void) | undefined;

  constructor(index: number) {
    this.#index = index;
    const { communityId, kind, devicePrefix } = order;
    const topic = `linli/${communityId}/${kind}/${devicePrefix}${index}/telemetry`;
    const payload = JSON.stringify(order.payload);
    this.#frame = frame(0x32, [text(topic), Buffer.from([0, 1]), Buffer.from(payload)]);
    this.#idAt = this.#frame.indexOf(topic) + topic.length;
    this.socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    this.socket.on('error', () => (errors += 1));
    this.socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  login(): Promise<void> {
    const id = `${order.devicePrefix}${this.#index}`;
    // CONNECT of MQTT 3.1.1: clean session, user name and password, two minutes of keep-alive.
    const head = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2, 0, 120])]);
    this.socket.write(frame(0x10, [head, text(id), text(id), text(order.password)]));
    return new Promise((resolve, reject) => {
      this.#ready = resolve;
      this.socket.once('close', () => reject(new Error('connection closed')));
    });
  }

  publish(count: number): void {
    const now = performance.now();
    const bytes = Buffer.allocUnsafe(this.#frame.length * count);
    for (let index = 0; index < count; index += 1) {
      const at = index * this.#frame.length;
      this.#frame.copy(bytes, at);
      bytes.writeUInt16BE(this.#nextId, at + this.#idAt);
      const times = sentAt[this.#index];
      if (times) times[this.#nextId] = now;
      this.#nextId = this.#nextId === 65_535 ? 1 : this.#nextId + 1;
    }
    this.underWay += count;
    this.socket.write(bytes);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const now = performance.now();
    let at = 0;
    let acks = 0;
    while (at + 4 <= bytes.length) {
      const type = (bytes[at] ?? 0) >> 4;
      if (type === 4) {
        this.#note(bytes.readUInt16BE(at + 2), now);
        acks += 1;
      } else if (type === 2) {
        if (bytes[at + 3] === 0) this.#ready?.();
        else this.socket.destroy(new Error('login refused'));
      } else throw new Error(`unexpected packet ${type}`);
      at += 2 + (bytes[at + 1] ?? 0);
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
    this.underWay -= acks;
    if (measuring) acknowledged += acks;
    if (acks > 0 && running && order.rate === 0) this.publish(acks);
  }

  #note(id: number, now: number): void {
    if (!measuring) return;
    const ms = now - (sentAt[this.#index]?.[id] ?? now);
    maxMs = Math.max(maxMs, ms);
    const bucket = Math.min(histogram.length - 1, Math.floor(ms * 10));
    histogram[bucket] = (histogram[bucket] ?? 0) + 1;
  }
}

let running = true;
const clients: Client[] = [];
const connectStartedAt = performance.now();
for (let index = 0; index < order.connections; index += 100) {
  const group = Array.from(
    { length: Math.min(100, order.connections - index) },
    (_, offset) => new Client(index + offset),
  );
  clients.push(...group);
  await Promise.all(group.map((client) => client.login()));
}
const connectMs = performance.now() - connectStartedAt;
if (order.rate === 0) for (const client of clients) client.publish(order.window);
const pacing = order.rate > 0 ? pace() : undefined;
await wait(order.warmupSeconds * 1_000);
measuring = true;
const startedAt = performance.now();
await wait(order.seconds * 1_000);
measuring = false;
const spentSeconds = (performance.now() - startedAt) / 1_000;
running = false;
clearInterval(pacing);
const result: LoadResult = {
  acknowledged,
  perSecond: acknowledged / spentSeconds,
  latencyMsP50: quantile(0.5),
  latencyMsP99: quantile(0.99),
  latencyMsMax: maxMs,
  connectMs,
  errors,
};
process.stdout.write(JSON.stringify(result));
process.exit(0);

/** Spreads the rate over the connections in steps of two milliseconds; a client with a full window is passed over. */
function pace(): NodeJS.Timeout {
  let sent = 0;
  let turn = 0;
  const began = performance.now();
  return setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1_000) * order.rate);
    for (let tries = 0; sent < due && tries < order.connections * 4; tries += 1) {
      const client = clients[turn++ % clients.length];
      if (!client || client.underWay >= order.window) continue;
      client.publish(1);
      sent += 1;
    }
    sent = Math.max(sent, due - order.rate);
  }, 2);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function frame(first: number, parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = [first];
  for (let rest = body.length; ; rest >>= 7) {
    head.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from(head), body]);
}

function quantile(share: number): number {
  let left = histogram.reduce((sum, value) => sum + value, 0) * share;
  for (let bucket = 0; bucket < histogram.length; bucket += 1) {
    left -= histogram[bucket] ?? 0;
    if (left <= 0) return bucket / 10;
  }
  return histogram.length / 10;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
