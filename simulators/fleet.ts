/**
 * The devices' connections: one MQTT client each, as real devices have, with their own login, a
 * last will, and an answer to commands. Messages go out at QoS 1; stats.ts counts the PUBACKs.
 */
import mqtt, { type MqttClient } from 'mqtt';
import { type Clock, sleep } from '../core/clock.ts';
import type { Device } from '../core/device.ts';
import type { Stats } from './stats.ts';

export interface Member {
  device: Device;
  /** mqtt:// address of its gateway. */
  url: string;
  username: string;
  password: string;
  /** Speaks MQTT 5.0; 3.1.1 otherwise. */
  mqtt5: boolean;
}

interface Command {
  id: string;
  name: string;
  args?: Record<string, unknown>;
  deadlineAt?: number;
}

export interface Fleet {
  /** Opens all connections, a few at a time; resolves when all were tried. */
  start(): Promise<void>;
  publish(device: Device, channel: 'telemetry' | 'event', payload: Record<string, unknown>): void;
  connected(): number;
  stop(): Promise<void>;
}

export interface FleetOptions {
  members: readonly Member[];
  clock: Clock;
  stats: Stats;
  /** Carries a command out and gives its result; throws to refuse. */
  onCommand(device: Device, command: Command): unknown;
  log(line: string): void;
}

/** Connections opened per burst: a gateway checks a password hash for each. */
const BURST_CONNECTIONS = 10;
const BURST_PAUSE_MS = 60;
const RECONNECT_MS = 3_000;
const STOP_MS_MAX = 1_500;

export function makeFleet({ members, clock, stats, onCommand, log }: FleetOptions): Fleet {
  /** Device id → its client. */
  const clients = new Map<string, MqttClient>();
  const quiet = new AbortController();
  /** Says each kind of trouble once: 300 devices meet the same refusal. */
  const told = new Set<string>();

  const open = (member: Member, index: number) => {
    const { device, url, username, password } = member;
    const client = mqtt.connect(url, {
      username,
      password,
      clientId: device.id,
      protocolVersion: member.mqtt5 ? 5 : 4,
      keepalive: 60,
      reconnectPeriod: RECONNECT_MS + (index % 20) * 100,
      connectTimeout: 20_000,
      will: { topic: topicOf(device, 'status'), payload: Buffer.from('offline'), qos: 1, retain: true },
    });
    client.on('connect', () => {
      client.publish(topicOf(device, 'status'), 'online', { qos: 1, retain: true });
      client.subscribe(topicOf(device, 'command'), { qos: 1 }, (error) => {
        if (error && !quiet.signal.aborted)
          tell(told, log, `${device.kind}: subscribing to commands failed: ${error.message}`);
      });
    });
    client.on('error', (error) => tell(told, log, `${url}: ${error.message}`));
    client.on('message', (_topic, payload) => answer(client, device, payload, { onCommand, clock }));
    clients.set(device.id, client);
  };

  return {
    async start() {
      for (const [index, member] of members.entries()) {
        if (quiet.signal.aborted) return;
        open(member, index);
        if (index % BURST_CONNECTIONS === BURST_CONNECTIONS - 1) await sleep(clock, BURST_PAUSE_MS, quiet.signal);
      }
    },
    publish(device, channel, payload) {
      const client = clients.get(device.id);
      // A measurement that nobody can take is gone; an event waits for the connection.
      if (!client || (!client.connected && channel === 'telemetry')) {
        stats.missed += 1;
        return;
      }
      stats.sent += 1;
      const sentAt = clock.monotonic();
      client.publish(topicOf(device, channel), JSON.stringify(payload), { qos: 1 }, (error) => {
        if (error) {
          stats.failed += 1;
          return;
        }
        stats.acked += 1;
        stats.note(clock.monotonic() - sentAt);
      });
    },
    connected: () => [...clients.values()].filter((client) => client.connected).length,
    async stop() {
      quiet.abort();
      const ends = Promise.all([...clients.values()].map((client) => client.endAsync()));
      await Promise.race([ends, sleep(clock, STOP_MS_MAX)]);
      for (const client of clients.values()) client.end(true);
    },
  };
}

function topicOf(device: Device, channel: string): string {
  return `linli/${device.communityId}/${device.kind}/${device.id}/${channel}`;
}

function tell(told: Set<string>, log: (line: string) => void, line: string): void {
  if (told.has(line)) return;
  told.add(line);
  log(line);
}

function answer(
  client: MqttClient,
  device: Device,
  payload: Buffer,
  { onCommand, clock }: Pick<FleetOptions, 'onCommand' | 'clock'>,
): void {
  let command: Command;
  try {
    command = JSON.parse(payload.toString('utf8')) as Command;
  } catch {
    return;
  }
  if (typeof command?.id !== 'string') return;
  const reply = (said: Record<string, unknown>) =>
    client.publish(topicOf(device, 'reply'), JSON.stringify({ id: command.id, ...said, at: clock.now() }), { qos: 1 });
  if (command.deadlineAt !== undefined && command.deadlineAt < clock.now())
    return void reply({ ok: false, error: 'the deadline is over' });
  try {
    reply({ ok: true, result: onCommand(device, command) ?? {} });
  } catch (error) {
    reply({ ok: false, error: error instanceof Error ? error.message : String(error) });
  }
}
