/**
 * The link to the hub: one MQTT 5 client, one connection at a time, opened again for ever with
 * back-off. Up go the batches of the outbox and a heartbeat; down come acknowledgements and
 * downlinks, which are acknowledged when they have been carried out and kept.
 */

import { readFile } from 'node:fs/promises';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Clock, Timer } from '../core/clock.ts';
import {
  type Ack,
  ackSchema,
  type Downlink,
  downlinkBodySchema,
  downlinkSchema,
  type Heartbeat,
  type Lane,
  uplinkTopics,
} from '../core/envelope.ts';
import { keepLengthsTogether } from '../core/mqtt-lengths.ts';
import { readTolerant } from '../core/tolerant.ts';
import type { EdgeConfig } from './config.ts';
import { Backoff } from './outbox/backoff.ts';
import type { Sender } from './outbox/sender.ts';

const DOWNLINK_TYPES = new Set<string>(downlinkBodySchema.options.map(({ shape }) => shape.type.value));
const HEARTBEAT_EVERY_MS = 5_000;
const CHECK_EVERY_MS = 1_000;
const KEEPALIVE_SECONDS = 15;
const CONNECT_TIMEOUT_MS = 10_000;
const BACKOFF = { firstMs: 500, maxMs: 30_000 };

export interface RelayOptions {
  hub: NonNullable<EdgeConfig['hub']>;
  gatewayId: string;
  clock: Clock;
  log: Logger;
  random: () => number;
  createSender(transmit: (lane: Lane, bytes: Buffer) => void): Sender;
  heartbeat(): Heartbeat;
  /** When the hub says that it spoke, by its own clock; what it says follows. */
  onHubTime(hubAt: number): void;
  onAck(ack: Ack): Promise<void>;
  /** The hub has less of the lane than it should. */
  onMissing(lane: Lane, stored: number): void;
  /** Resolves when it is carried out and kept. */
  onDownlink(downlink: Downlink): Promise<void>;
}

interface RelayState {
  linked: boolean;
  /** When the link changed last. */
  since: number;
  connects: number;
  lastError: string | undefined;
  lastAckAt: number | undefined;
  /** Fields, and downlinks of types, that a newer hub says and this gateway ignores. */
  unknown: number;
}

export interface Relay {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly sender: Sender;
  readonly state: RelayState;
}

export function createRelay(options: RelayOptions): Relay {
  keepLengthsTogether();
  const { hub, gatewayId, clock, log } = options;
  const topics = { ack: uplinkTopics.down(gatewayId, 'ack'), downlink: uplinkTopics.down(gatewayId, 'downlink') };
  const state: RelayState = {
    linked: false,
    since: clock.now(),
    connects: 0,
    lastError: undefined,
    lastAckAt: undefined,
    unknown: 0,
  };
  const backoff = new Backoff({ ...BACKOFF, random: options.random });
  let client: MqttClient | undefined;
  let retry: Timer | undefined;
  let timers: Timer[] = [];
  let stopped = false;
  let login: IClientOptions = {};
  /** Downlinks are carried out one after the other. */
  let downlinks: Promise<void> = Promise.resolve();

  const sender = options.createSender((lane, bytes) => {
    client?.publish(uplinkTopics.up(gatewayId, lane), bytes, { qos: 1 }, () => {});
  });

  function connect(): void {
    if (stopped) return;
    const link = mqtt.connect(hub.url, login);
    client = link;
    link.on('connect', () => {
      link.subscribe([topics.ack, topics.downlink], { qos: 1 }, (error) => (error ? link.end(true) : linkUp(link)));
    });
    link.on('message', (topic, payload) => receive(link, topic, payload));
    link.on('error', (error) => note(error));
    link.on('close', () => lost(link));
  }

  function linkUp(link: MqttClient): void {
    if (link !== client) return;
    backoff.reset();
    Object.assign(state, { linked: true, since: clock.now(), connects: state.connects + 1, lastError: undefined });
    log.info({ url: hub.url }, 'hub linked');
    // The hub knows this clock before it hears what was said by it.
    beat();
    sender.linkUp(state.since);
  }

  function lost(link: MqttClient): void {
    if (link !== client) return;
    client = undefined;
    link.removeAllListeners();
    link.on('error', () => {});
    link.end(true);
    if (state.linked) log.warn({ error: state.lastError }, 'hub lost, everything waits in the outbox');
    if (state.linked) Object.assign(state, { linked: false, since: clock.now() });
    sender.linkDown();
    if (!stopped) retry = clock.after(backoff.nextMs(), connect);
  }

  /** A failure that goes on is logged once; the state and the metrics show it all the time. */
  function note(error: Error): void {
    const message = error.message || (error as NodeJS.ErrnoException).code || 'unknown error';
    if (message !== state.lastError) log.warn({ url: hub.url, error: message }, 'hub cannot be reached');
    state.lastError = message;
  }

  function receive(link: MqttClient, topic: string, payload: Buffer): void {
    if (topic === topics.ack) {
      const ack = read(ackSchema, parseJson(payload));
      if (!ack) return void log.error('an acknowledgement of the hub cannot be read');
      state.lastAckAt = clock.now();
      if (ack.at !== undefined) options.onHubTime(ack.at);
      void options.onAck(ack).then(() => {
        if (!ack.missing) sender.acked(ack.lane, ack.seq);
        else if (sender.missing(ack.lane, ack.seq)) options.onMissing(ack.lane, ack.seq);
      });
      return;
    }
    const message = parseJson(payload);
    const downlink = read(downlinkSchema, message);
    if (!downlink) return void refuseDownlink(link, message);
    options.onHubTime(downlink.sentAt);
    downlinks = downlinks
      .then(() => options.onDownlink(downlink))
      .then(() => {
        acknowledge(link, downlink.seq);
      })
      .catch((error: unknown) => log.error({ err: error, seq: downlink.seq }, 'a downlink could not be carried out'));
  }

  function read<T>(schema: z.ZodType<T>, message: unknown): T | undefined {
    const parsed = readTolerant(schema, message);
    state.unknown += parsed.unknownFields;
    return parsed.success ? parsed.data : undefined;
  }

  function refuseDownlink(link: MqttClient, message: unknown): void {
    const seq = seqOfUnknownType(message);
    log.error({ seq }, 'a downlink of the hub cannot be read');
    if (seq === undefined) return;
    state.unknown += 1;
    downlinks = downlinks.then(() => acknowledge(link, seq));
  }

  function acknowledge(link: MqttClient, seq: number): void {
    if (link === client) link.publish(uplinkTopics.up(gatewayId, 'ack'), JSON.stringify({ seq }), { qos: 1 }, () => {});
  }

  function beat(): void {
    if (!state.linked || !client) return;
    const body = JSON.stringify({ ...options.heartbeat(), underWay: sender.underWay() });
    client.publish(uplinkTopics.up(gatewayId, 'heartbeat'), body, { qos: 0 }, () => {});
  }

  return {
    sender,
    state,
    async start() {
      login = await loginOptions(hub, gatewayId);
      timers = [
        clock.every(HEARTBEAT_EVERY_MS, beat),
        clock.every(CHECK_EVERY_MS, () => {
          if (state.linked && !sender.check()) client?.end(true);
          else if (sender.isWaiting()) beat();
        }),
      ];
      connect();
    },
    async stop() {
      stopped = true;
      retry?.cancel();
      for (const timer of timers) timer.cancel();
      await downlinks;
      const link = client;
      if (!link) return;
      client = undefined;
      sender.linkDown();
      link.removeAllListeners('close');
      await link.endAsync(!state.linked).catch(() => {});
    },
  };
}

async function loginOptions(hub: NonNullable<EdgeConfig['hub']>, gatewayId: string): Promise<IClientOptions> {
  const secret = await readFile(hub.secretFile, 'utf8');
  return {
    protocolVersion: 5,
    clientId: `gateway-${gatewayId}`,
    username: hub.username ?? gatewayId,
    password: secret.trim(),
    clean: true,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Connecting again is this file's own business: a new client each time, with nothing left over.
    reconnectPeriod: 0,
    ...(hub.caFile ? { ca: await readFile(hub.caFile) } : {}),
    ...(hub.certFile && hub.keyFile ? { cert: await readFile(hub.certFile), key: await readFile(hub.keyFile) } : {}),
  };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The sequence of a downlink whose type this release does not know: refused for good, so that it holds up no other. */
function seqOfUnknownType(message: unknown): number | undefined {
  const parsed = z.object({ seq: downlinkSchema.shape.seq, body: z.object({ type: z.string() }) }).safeParse(message);
  return parsed.success && !DOWNLINK_TYPES.has(parsed.data.body.type) ? parsed.data.seq : undefined;
}
