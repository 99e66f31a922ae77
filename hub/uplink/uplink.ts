/**
 * The hub's side of the line to its gateways: one MQTT client, of the hub's own listener or of an
 * external broker, the same code for both. In: batches and heartbeats. Out: acknowledgements and
 * downlinks, each sent until the gateway acknowledges it.
 */

import { connect, type IClientOptions, type IPublishPacket, MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import { type Clock, sleep, type Timer } from '../../core/clock.ts';
import {
  type Ack,
  downlinkAckSchema,
  type Heartbeat,
  heartbeatSchema,
  LANES,
  type Lane,
  uplinkTopics,
} from '../../core/envelope.ts';
import { keepLengthsTogether } from '../../core/mqtt-lengths.ts';
import { readTolerant } from '../../core/tolerant.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Metrics } from '../metrics.ts';
import type { Downlinks } from './downlinks.ts';
import type { Gateways } from './gateways.ts';
import type { Listener } from './listener.ts';

/** A downlink without an answer is sent again after this long. */
const RESEND_AFTER_MS = 5_000;
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 10_000;
/** Batches of one lane that wait for the stores; a gateway's own window is far smaller. */
const WAITING_BATCHES_MAX = 500;

export interface Uplink {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts a gateway whose secret was revoked. */
  disconnect(gatewayId: string): void;
  /** Where gateways reach it, for one that asked the hub under this name: never with credentials. */
  urlFor(hostname: string): string;
}

export interface UplinkParts {
  listener: Listener | undefined;
  brokerUrl: string | undefined;
  /** What gateways are told instead, where they see another address than the hub does. */
  publicUrl: string | undefined;
  gateways: Gateways;
  downlinks: Downlinks;
  ingest: Ingest;
  /** Queues what the gateway lacks by its own word; false when it lacks nothing. */
  renew(heartbeat: Heartbeat): Promise<boolean>;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
}

export function createUplink(parts: UplinkParts): Uplink {
  keepLengthsTogether();
  const { listener, gateways, downlinks, ingest, metrics, clock } = parts;
  const log = parts.log.child({ component: 'uplink' });
  const stopping = new AbortController();
  /** Gateway and lane → its batches, taken one after another. */
  const lanes = new Map<string, { tail: Promise<void>; waiting: number }>();
  /** Gateway → the downlink that waits for its answer. */
  const sent = new Map<string, { seq: number; timer: Timer }>();
  /** Gateways whose queue is being looked at; true when it must be looked at again. */
  const looking = new Map<string, boolean>();
  const renewing = new Set<string>();
  let client: MqttClient | undefined;

  return {
    async start() {
      if (listener) listener.onReady = resend;
      await listener?.start();
      client = connectClient(parts, log);
      client.handleMessage = (packet, done) => {
        take(packet);
        done();
      };
      // An external broker may come up later than the hub; the hub serves people meanwhile.
      const ready = subscribed(client);
      if (listener) await ready;
      downlinks.onChanged((gatewayId) => void send(gatewayId));
      for (const { id } of gateways.list()) void send(id);
    },
    async stop() {
      stopping.abort();
      for (const { timer } of sent.values()) timer.cancel();
      await Promise.all([...lanes.values()].map((lane) => lane.tail));
      await client?.endAsync(true);
      await listener?.stop();
    },
    disconnect: (gatewayId) => listener?.disconnect(gatewayId),
    urlFor(hostname) {
      if (parts.publicUrl !== undefined) return parts.publicUrl;
      if (listener) return `${listener.isTls ? 'mqtts' : 'mqtt'}://${hostname}:${listener.port}`;
      return Object.assign(new URL(parts.brokerUrl ?? ''), { username: '', password: '' }).href;
    },
  };

  function take(packet: IPublishPacket): void {
    const topic = uplinkTopics.parse(packet.topic);
    const gateway = topic && gateways.get(topic.gatewayId);
    if (topic?.direction !== 'up' || !gateway || gateway.revokedAt !== null) {
      metrics.refused.labels('uplink', 'unknown-gateway').inc();
      return;
    }
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    if (topic.channel === 'heartbeat') takeHeartbeat(gateway.id, payload);
    else if (topic.channel === 'ack') void takeAck(gateway.id, payload);
    else if ((LANES as readonly string[]).includes(topic.channel)) queue(gateway.id, topic.channel as Lane, payload);
  }

  function queue(gatewayId: string, lane: Lane, bytes: Buffer): void {
    const key = `${gatewayId}/${lane}`;
    const line = lanes.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    lanes.set(key, line);
    if (line.waiting >= WAITING_BATCHES_MAX) {
      // Nothing is lost: it was not acknowledged, and a gateway that connects anew begins at its oldest.
      metrics.refused.labels('uplink', 'lane-full').inc();
      listener?.disconnect(gatewayId);
      return;
    }
    line.waiting += 1;
    line.tail = line.tail.then(async () => {
      await store(gatewayId, lane, bytes);
      line.waiting -= 1;
    });
  }

  /** Tries until it is stored, since a later batch must not overtake it. */
  async function store(gatewayId: string, lane: Lane, bytes: Buffer): Promise<void> {
    for (let delayMs = RETRY_MS_MIN; !stopping.signal.aborted; delayMs = Math.min(2 * delayMs, RETRY_MS_MAX)) {
      const gateway = gateways.get(gatewayId);
      if (!gateway) return;
      try {
        const ack = await ingest.take({ gatewayId, communityId: gateway.communityId }, lane, bytes);
        gateways.heard(gatewayId);
        if (ack) acknowledge(gatewayId, ack);
        return;
      } catch (error) {
        metrics.ingestBatches.labels(lane, 'retried').inc();
        log.error({ err: error, gatewayId, lane, delayMs }, 'a batch could not be stored; trying again');
        await sleep(clock, delayMs, stopping.signal);
      }
    }
  }

  function takeHeartbeat(gatewayId: string, payload: Buffer): void {
    const heartbeat = readTolerant(heartbeatSchema, parseJson(payload));
    metrics.unknownFields.labels('heartbeat').inc(heartbeat.unknownFields);
    if (!heartbeat.success || heartbeat.data.gatewayId !== gatewayId) {
      metrics.refused.labels('uplink', 'bad-heartbeat').inc();
      return;
    }
    gateways.heard(gatewayId, heartbeat.data);
    answerUnderWay(heartbeat.data);
    void renew(heartbeat.data);
  }

  /** What waits here will be answered when it is stored; of what is not here the gateway must hear. */
  function answerUnderWay({ gatewayId, epoch, underWay = {} }: Heartbeat): void {
    for (const lane of LANES) {
      const seq = underWay[lane];
      if (seq === undefined || (lanes.get(`${gatewayId}/${lane}`)?.waiting ?? 0) > 0) continue;
      acknowledge(gatewayId, ingest.standing({ gatewayId, epoch, lane, seq }));
    }
  }

  function acknowledge(gatewayId: string, ack: Ack): void {
    publish(uplinkTopics.down(gatewayId, 'ack'), JSON.stringify({ ...ack, at: clock.now() }));
  }

  /** A gateway that lost its store gets everything that it should know. */
  async function renew(heartbeat: Heartbeat): Promise<void> {
    const { gatewayId } = heartbeat;
    if (sent.has(gatewayId) || renewing.has(gatewayId)) return;
    renewing.add(gatewayId);
    try {
      if (await parts.renew(heartbeat)) downlinks.changed(gatewayId);
    } catch (error) {
      log.error({ err: error, gatewayId }, 'what the gateway lacks could not be queued');
    } finally {
      renewing.delete(gatewayId);
    }
  }

  async function takeAck(gatewayId: string, payload: Buffer): Promise<void> {
    const ack = readTolerant(downlinkAckSchema, parseJson(payload));
    metrics.unknownFields.labels('ack').inc(ack.unknownFields);
    if (!ack.success) return;
    await downlinks.acknowledge(gatewayId, ack.data.seq);
    const waiting = sent.get(gatewayId);
    if (waiting && waiting.seq <= ack.data.seq) {
      waiting.timer.cancel();
      sent.delete(gatewayId);
    }
    await send(gatewayId);
  }

  /** One at a time, in order; the gateway's answer brings the next. */
  async function send(gatewayId: string): Promise<void> {
    if (looking.has(gatewayId)) {
      looking.set(gatewayId, true);
      return;
    }
    looking.set(gatewayId, false);
    try {
      if (!sent.has(gatewayId)) await sendNext(gatewayId);
    } catch (error) {
      log.error({ err: error, gatewayId }, 'a downlink could not be sent');
      sent.set(gatewayId, { seq: 0, timer: clock.after(RESEND_AFTER_MS, () => resend(gatewayId)) });
    }
    const again = looking.get(gatewayId);
    looking.delete(gatewayId);
    if (again && !stopping.signal.aborted) await send(gatewayId);
  }

  async function sendNext(gatewayId: string): Promise<void> {
    if (stopping.signal.aborted) return;
    const downlink = await downlinks.next(gatewayId);
    if (!downlink || stopping.signal.aborted) return;
    sent.set(gatewayId, { seq: downlink.seq, timer: clock.after(RESEND_AFTER_MS, () => resend(gatewayId)) });
    publish(uplinkTopics.down(gatewayId, 'downlink'), JSON.stringify(downlink));
  }

  function resend(gatewayId: string): void {
    sent.get(gatewayId)?.timer.cancel();
    sent.delete(gatewayId);
    void send(gatewayId);
  }

  function publish(topic: string, payload: string): void {
    client?.publish(topic, payload, { qos: 1 }, (error) => {
      if (error && !stopping.signal.aborted) log.warn({ err: error, topic }, 'could not publish');
    });
  }
}

/** A lasting session with an external broker, so that what gateways say while the hub restarts is kept there. */
function connectClient({ listener, brokerUrl }: UplinkParts, log: Logger): MqttClient {
  const options: IClientOptions = { clientId: 'linli-hub', clean: false, reconnectPeriod: 1_000, keepalive: 30 };
  const client = listener ? insideClient(listener, options) : connect(brokerUrl ?? '', externalOptions(options));
  client.on('error', (error) => log.error({ err: error }, 'the connection to the broker failed'));
  return client;
}

function insideClient(listener: Listener, options: IClientOptions): MqttClient {
  const inside: IClientOptions = { ...options, clean: true, protocolVersion: 4, keepalive: 0, reconnectPeriod: 100 };
  return new MqttClient(() => {
    const { stream, username, password } = listener.connectInside();
    Object.assign(inside, { username, password });
    return stream;
  }, inside);
}

function externalOptions(options: IClientOptions): IClientOptions {
  return { ...options, protocolVersion: 5, properties: { sessionExpiryInterval: 7 * 24 * 3600 }, resubscribe: true };
}

function subscribed(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.on('connect', () => {
      client.subscribe(uplinkTopics.allUp, { qos: 1 }, () => resolve());
    });
  });
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
