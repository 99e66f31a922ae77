/**
 * Devices that remember what they were promised. Each message has a time of its own, so it can be
 * found at the hub by (device, at); each is `acknowledged` once its PUBACK came.
 */
import mqtt from 'mqtt';

export interface Sent {
  deviceId: string;
  at: number;
  acknowledged: boolean;
}

export interface FleetDevice {
  id: string;
  kind: string;
  communityId: string;
  password: string;
}

export interface Fleet {
  sent: Sent[];
  /** The last acknowledged and the last sent condition of each manual call point. */
  conditions: Map<string, { acknowledged: boolean | undefined; sent: boolean | undefined }>;
  rubbish(): void;
  /** Stops publishing and waits until nothing is in flight, or the time is over. */
  stop(timeoutMs: number): Promise<void>;
}

export function startFleet(options: {
  url: string;
  devices: FleetDevice[];
  periodMs: number;
  random: () => number;
}): Fleet {
  const sent: Sent[] = [];
  const conditions: Fleet['conditions'] = new Map();
  const clients: mqtt.MqttClient[] = [];
  const timers: NodeJS.Timeout[] = [];
  let inFlight = 0;

  for (const device of options.devices) {
    const client = mqtt.connect(options.url, {
      username: device.id,
      password: device.password,
      clientId: device.id,
      // The session is the device's own: what has no PUBACK yet stays with it and is sent again.
      clean: false,
      reconnectPeriod: 200 + Math.floor(options.random() * 300),
      connectTimeout: 20_000,
      // A refusal while the gateway does not know its devices yet is not the end.
      reconnectOnConnackError: true,
    });
    client.on('error', () => undefined);
    clients.push(client);
    let lastAt = 0;
    const publish = () => {
      const at = Math.max(Date.now(), lastAt + 1);
      lastAt = at;
      if (device.kind === 'manual-call-point') return publishCondition(client, device, at);
      const record: Sent = { deviceId: device.id, at, acknowledged: false };
      sent.push(record);
      send(client, topic(device, 'telemetry'), { at, pressureMpa: Math.round(options.random() * 100) / 100 }, () => {
        record.acknowledged = true;
      });
    };
    const period = device.kind === 'manual-call-point' ? options.periodMs * 40 : options.periodMs;
    timers.push(setInterval(publish, period * (0.8 + 0.4 * options.random())));
  }

  function publishCondition(client: mqtt.MqttClient, device: FleetDevice, at: number): void {
    const state = conditions.get(device.id) ?? { acknowledged: undefined, sent: undefined };
    conditions.set(device.id, state);
    const pressed = !state.sent;
    state.sent = pressed;
    send(client, topic(device, 'event'), { at, type: pressed ? 'pressed' : 'reset' }, () => {
      state.acknowledged = pressed;
    });
  }

  function send(client: mqtt.MqttClient, to: string, payload: object, done: () => void): void {
    inFlight += 1;
    client.publish(to, JSON.stringify(payload), { qos: 1 }, (error) => {
      inFlight -= 1;
      if (!error) done();
    });
  }

  return {
    sent,
    conditions,
    rubbish() {
      const client = clients[Math.floor(options.random() * clients.length)];
      const device = options.devices[0];
      if (!client || !device) return;
      for (const payload of [
        '',
        '{',
        '[1,2]',
        '{"pressureMpa":"x"}',
        '\u0000\u0001',
        '{"__proto__":{"a":1}}',
        'x'.repeat(1_000),
      ])
        client.publish(
          `linli/${device.communityId}/${device.kind}/${client.options.clientId}/telemetry`,
          payload,
          { qos: 1 },
          () => undefined,
        );
    },
    async stop(timeoutMs) {
      for (const timer of timers) clearInterval(timer);
      const end = Date.now() + timeoutMs;
      while (inFlight > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
      await Promise.all(clients.map((client) => client.endAsync(true)));
    },
  };
}

function topic(device: FleetDevice, channel: string): string {
  return `linli/${device.communityId}/${device.kind}/${device.id}/${channel}`;
}
