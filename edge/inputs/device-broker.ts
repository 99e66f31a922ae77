/**
 * The broker that devices talk to: aedes, with what makes it Linli's. A device logs in with its own
 * secret, touches only its own topics, and gets its PUBACK when its message is kept. What devices
 * publish ends here: it is handed on to `take` and never routed to another client; only commands go
 * down. MQTT 5.0 devices come through core/mqtt5.
 */
import type { Duplex } from 'node:stream';
import {
  Aedes,
  type AedesPublishPacket,
  type AuthenticateError,
  type Client,
  type PublishPacket,
  type Subscription,
} from 'aedes';
import type { Clock } from '../../core/clock.ts';
import type { RegisteredDevice } from '../../core/device.ts';
import type { EdgeConfig } from '../config.ts';
import { count, type ListenerCounts, type LoginReason, type TopicReason } from '../counters.ts';
import { type Credentials, createCredentials, LoginGuard } from './credentials.ts';
import { type Answer, DeviceStream, type Published } from './device-stream.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';

/** What aedes itself bears, and how it says so; the limit of the configuration comes before it. */
const BROKER_TOPIC_LEVELS = 100;
const TOO_DEEP_FOR_BROKER = 'topic has too many levels';

/** CONNACK code of MQTT 3.1.1, 3.2.2.3. */
const BAD_CREDENTIALS = 4;

export interface Session {
  device: RegisteredDevice;
  /** The hash that its secret matched: when it leaves the registry, the connection is cut. */
  hash: string;
  prefix: string;
  buckets: Buckets;
  subscriptions: Set<string>;
}

/** What all connections of a device share. */
interface Buckets {
  messages: TokenBucket;
  bytes: TokenBucket;
}

export interface DeviceBrokerOptions {
  clock: Clock;
  /** May change at any time; `limitsChanged` says so. */
  limits: EdgeConfig['devices']['limits'];
  counts: ListenerCounts;
  /** Takes what a device published, and answers when it, or its refusal, is kept. */
  take(session: Session, channel: string, message: Published, answer: Answer): void;
  /** Called when a topic is not the device's own, or none of anybody's. */
  refuseTopic(session: Session, message: Published, reason: TopicReason, done: () => void): void;
  onConnections(deviceId: string, connections: number): void;
  onCommandReady(deviceId: string): void;
  onCommandAcked(topic: string, payload: Buffer): void;
}

/** So many seconds' worth of bytes at once. */
const BYTES_BURST_SECONDS = 4;

type Done = (error?: Error | null) => void;
type Routed = (error?: Error) => void;

/** A whole estate may stand behind one router: what one broken device fails at must not slow the others. */
const NAMES_BEHIND_AN_ADDRESS = 30;

export class DeviceBroker extends Aedes {
  readonly #options: DeviceBrokerOptions;
  readonly #credentials: Credentials = createCredentials();
  readonly #names: LoginGuard;
  readonly #addresses: LoginGuard;
  readonly #sessions = new Map<Client, Session>();
  /** Also of connections that are closing: the last will comes after the goodbye. */
  readonly #sessionOf = new WeakMap<Client, Session>();
  /** Device id → number of its connections. */
  readonly #connections = new Map<string, number>();
  /** By device id. */
  readonly #buckets = new Map<string, Buckets>();
  #registry = new Map<string, RegisteredDevice>();

  constructor(options: DeviceBrokerOptions) {
    super({ concurrency: 1_000, connectTimeout: options.limits.connectTimeoutMs, maxTopicLevels: BROKER_TOPIC_LEVELS });
    this.#options = options;
    const { failedLoginsMax } = options.limits;
    this.#names = new LoginGuard(options.clock, failedLoginsMax);
    this.#addresses = new LoginGuard(options.clock, failedLoginsMax * NAMES_BEHIND_AN_ADDRESS);
    this.authenticate = (client, username, password, done) => {
      void this.#login(client, username, password).then((outcome) => {
        if (outcome !== undefined) count(options.counts.logins, outcome);
        if (outcome === undefined) done(null, true);
        else
          done(Object.assign(new Error('login refused'), { returnCode: BAD_CREDENTIALS }) as AuthenticateError, false);
      });
    };
    this.authorizePublish = (client, packet, done) => this.#authorize(client, packet, done);
    this.authorizeSubscribe = (client, subscription, done) => done(null, this.#subscription(client, subscription));
    this.authorizeForward = (_client, packet) => (isExpired(packet, options.clock.now()) ? null : packet);
    this.on('clientReady', (client) => this.#connected(client));
    this.on('clientDisconnect', (client) => this.#disconnected(client));
    this.on('subscribe', (subscriptions, client) => this.#subscribed(subscriptions, client));
    this.on('ack', (packet) => {
      if (packet && 'topic' in packet) options.onCommandAcked(packet.topic, Buffer.from(packet.payload));
    });
    // An error of one connection is the connection's own trouble: aedes has cut it already.
    this.on('clientError', (_client, error) => {
      if (error.message === TOO_DEEP_FOR_BROKER) count(options.counts.cut, 'topic-too-deep');
    });
    this.on('connectionError', () => {});
  }

  get connected(): number {
    return this.#sessions.size;
  }

  /** Serves these devices from now on; connections of devices or secrets that are gone are cut. */
  setRegistry(devices: readonly RegisteredDevice[]): void {
    this.#registry = new Map(devices.map((device) => [device.id, device]));
    for (const [client, session] of this.#sessions) {
      const device = this.#registry.get(session.device.id);
      if (device?.secretHashes.includes(session.hash) && prefixOf(device) === session.prefix) {
        session.device = device;
        continue;
      }
      count(this.#options.counts.cut, 'revoked');
      this.#credentials.forget(session.device.id);
      client.close();
    }
  }

  /** Connections that are open keep what they were let in with; rates hold at once. */
  limitsChanged(): void {
    const { connectTimeoutMs, failedLoginsMax } = this.#options.limits;
    Object.assign(this, { connectTimeout: connectTimeoutMs });
    for (const { messages, bytes } of this.#buckets.values()) {
      messages.setRate(this.#rates.messages);
      bytes.setRate(this.#rates.bytes);
    }
    this.#names.failuresMax = failedLoginsMax;
    this.#addresses.failuresMax = failedLoginsMax * NAMES_BEHIND_AN_ADDRESS;
  }

  /** Sends a command to the device's connections that have subscribed to it. */
  command(deviceId: string, payload: string): void {
    const device = this.#registry.get(deviceId);
    if (!device) return;
    const packet = { cmd: 'publish', topic: `${prefixOf(device)}command`, payload, qos: 1, retain: false, dup: false };
    super.publish(packet as PublishPacket, () => {});
  }

  /** What a device publishes has been kept and goes no further; the broker's own messages do. */
  override publish(packet: PublishPacket, client: Client | null | Routed, done?: Routed): void {
    if (typeof client === 'function') super.publish(packet, client);
    else if (client && done) done();
    else super.publish(packet, done ?? (() => {}));
  }

  async #login(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<LoginReason | undefined> {
    if (!username || !password?.length) return 'anonymous';
    const device = this.#registry.get(username);
    const secret = password.toString('utf8');
    let hash = device && this.#credentials.remembered(device, secret);
    if (hash === undefined) {
      const name = username.slice(0, 64);
      const address = addressOf(client);
      const waited = [await this.#names.wait(name), await this.#addresses.wait(address)];
      if (waited.includes(true)) count(this.#options.counts.logins, 'slowed');
      hash = await this.#credentials.verify(device, secret);
      if (hash === undefined || !device) {
        this.#names.failed(name);
        this.#addresses.failed(address);
        return device ? 'wrong-secret' : 'unknown-device';
      }
    }
    if (!device || client.closed) return 'unknown-device';
    const connections = this.#connections.get(device.id) ?? 0;
    if (connections >= this.#options.limits.connectionsPerDeviceMax) this.#closeOldest(device.id);
    // Client ids are the device's own words: one device must not take over the session of another.
    Object.assign(client, { id: `${device.id}/${client.id}` });
    const buckets = this.#bucketsOf(device.id);
    const session = { device, hash, prefix: prefixOf(device), buckets, subscriptions: new Set<string>() };
    this.#sessions.set(client, session);
    this.#sessionOf.set(client, session);
    this.#connections.set(device.id, (this.#connections.get(device.id) ?? 0) + 1);
    client.conn.once('close', () => this.#disconnected(client));
    return undefined;
  }

  /** A device that lost its link connects anew before the old connection is seen to be dead. */
  #closeOldest(deviceId: string): void {
    for (const [client, session] of this.#sessions) {
      if (session.device.id !== deviceId) continue;
      count(this.#options.counts.logins, 'too-many-connections');
      this.#disconnected(client);
      client.close();
      return;
    }
  }

  get #rates(): { messages: Rate; bytes: Rate } {
    const { messagesPerSecondMax, messagesBurstMax, bytesPerSecondMax } = this.#options.limits;
    return {
      messages: { perSecond: messagesPerSecondMax, burst: messagesBurstMax },
      bytes: { perSecond: bytesPerSecondMax, burst: bytesPerSecondMax * BYTES_BURST_SECONDS },
    };
  }

  #bucketsOf(deviceId: string): Buckets {
    const { clock } = this.#options;
    const known = this.#buckets.get(deviceId);
    if (known) return known;
    const { messages, bytes } = this.#rates;
    const buckets = { messages: new TokenBucket(clock, messages), bytes: new TokenBucket(clock, bytes) };
    this.#buckets.set(deviceId, buckets);
    return buckets;
  }

  #connected(client: Client): void {
    const session = this.#sessions.get(client);
    if (!session) return;
    this.#options.counts.connected = this.#sessions.size;
    this.#options.onConnections(session.device.id, this.#connections.get(session.device.id) ?? 0);
    if (!(client.conn instanceof DeviceStream)) return;
    client.conn.open({
      take: (message, answer) => this.#receive(session, message, answer),
      alive: () => (client as unknown as { _keepaliveTimer: NodeJS.Timeout | null })._keepaliveTimer?.refresh(),
    });
  }

  #disconnected(client: Client): void {
    const session = this.#sessions.get(client);
    if (!session || !this.#sessions.delete(client)) return;
    const { id } = session.device;
    const left = (this.#connections.get(id) ?? 1) - 1;
    if (left > 0) this.#connections.set(id, left);
    else this.#connections.delete(id);
    this.#options.counts.connected = this.#sessions.size;
    this.#options.onConnections(id, left);
  }

  /**
   * What comes through the broker itself: last wills, QoS 2, and what was sent before the login was
   * answered. Nothing calls `done` with an error: aedes would cut the connection, and a bad message
   * does no harm.
   */
  #authorize(client: Client | null, packet: PublishPacket, done: Done): void {
    const session = client && this.#sessionOf.get(client);
    if (!session) {
      done(new Error('only devices publish here'));
      return;
    }
    const { topic, messageId = 0, dup } = packet;
    const { conn } = client;
    const payload = packet.payload as Buffer;
    this.#receive(session, { topic, messageId, dup, payload, payloadBytes: payload.length }, (wrong) => {
      if (wrong !== undefined && packet.qos === 1 && conn instanceof DeviceStream) conn.setAckReason(messageId, wrong);
      done();
    });
  }

  #receive(session: Session, message: Published, answer: Answer): void {
    const { messages, bytes } = session.buckets;
    const waitMs = Math.max(messages.take(), bytes.take(message.payloadBytes));
    if (waitMs > 0) {
      // Its connection is read on only when what waits is done: this slows the one device down.
      this.#options.counts.slowed += 1;
      this.#options.clock.after(waitMs, () => this.#route(session, message, answer));
    } else this.#route(session, message, answer);
  }

  #route(session: Session, message: Published, answer: Answer): void {
    const fault = this.#topicFault(session, message.topic);
    if (fault === undefined) this.#options.take(session, message.topic.slice(session.prefix.length), message, answer);
    else this.#options.refuseTopic(session, message, fault, () => answer('topic'));
  }

  #topicFault({ prefix }: Session, topic: string): TopicReason | undefined {
    const isOwn = topic.startsWith(prefix);
    // A device's own channels lie right below its prefix, and nearly every message is for one of them.
    if (isOwn && !topic.includes('/', prefix.length)) return undefined;
    if (levelsOf(topic) > this.#options.limits.topicLevelsMax) return 'topic-too-deep';
    return isOwn ? undefined : 'foreign-topic';
  }

  /** Null refuses (SUBACK 0x80). A device reads what is below its own prefix, nothing else. */
  #subscription(client: Client, subscription: Subscription): Subscription | null {
    const session = this.#sessions.get(client);
    const fault = session ? this.#topicFault(session, subscription.topic) : 'foreign-topic';
    if (!session || fault !== undefined) {
      count(this.#options.counts.subscriptions, fault ?? 'foreign-topic');
      return null;
    }
    if (
      !session.subscriptions.has(subscription.topic) &&
      session.subscriptions.size >= this.#options.limits.subscriptionsMax
    ) {
      count(this.#options.counts.subscriptions, 'too-many');
      return null;
    }
    session.subscriptions.add(subscription.topic);
    return subscription;
  }

  #subscribed(subscriptions: Subscription[], client: Client): void {
    const session = this.#sessions.get(client);
    if (session && subscriptions.some((one) => coversCommand(one.topic, session.prefix)))
      this.#options.onCommandReady(session.device.id);
  }
}

function levelsOf(topic: string): number {
  return topic.split('/').length;
}

export function prefixOf(device: RegisteredDevice): string {
  return `linli/${device.communityId}/${device.kind}/${device.id}/`;
}

function coversCommand(filter: string, prefix: string): boolean {
  const rest = filter.slice(prefix.length);
  return rest === 'command' || rest === '+' || rest === '#';
}

function addressOf(client: Client): string {
  return (client.conn as Duplex & { remoteAddress?: string }).remoteAddress ?? 'unknown';
}

/** A command waits in the session of a device that is away; after its deadline it must not run. */
function isExpired(packet: AedesPublishPacket, now: number): boolean {
  if (!packet.topic.endsWith('/command')) return false;
  try {
    const { deadlineAt } = JSON.parse(packet.payload.toString()) as { deadlineAt?: number };
    return typeof deadlineAt === 'number' && deadlineAt < now;
  } catch {
    return false;
  }
}
