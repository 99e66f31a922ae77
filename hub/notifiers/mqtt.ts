import mqtt from 'mqtt';
import { z } from 'zod';
import { reasonOf } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/**
 * A siren, a lamp, a loudspeaker on any MQTT 3.1.1 broker: one message, QoS 1, connection closed after.
 * A fixed `payload` serves devices that understand only `ON`; without it they get the notice as JSON.
 */
export default defineNotifier({
  title: { zh: 'MQTT 声光', en: 'MQTT siren or lamp' },
  configSchema: z.strictObject({
    url: z.url({ protocol: /^(mqtts?|wss?)$/ }).max(500),
    username: z.string().max(200).optional(),
    password: z.string().max(200).optional(),
    topic: z
      .string()
      .min(1)
      .max(500)
      .regex(/^[^+#\0]+$/, 'a topic to publish on holds no + and no #'),
    payload: z.string().max(1_000).optional(),
    /** What switches it off again; sent when the alarm is over or acknowledged, if `ended` is subscribed. */
    endedPayload: z.string().max(1_000).optional(),
    retain: z.boolean().default(false),
  }),
  secrets: ['password'],
  perMinuteMax: 600,
  async send(notice, config, { signal }) {
    const client = mqtt.connect(config.url, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      clientId: `linli-notify-${notice.id}`.slice(0, 60),
      ...(config.username ? { username: config.username } : {}),
      ...(config.password ? { password: config.password } : {}),
    });
    const abort = () => client.end(true);
    signal.addEventListener('abort', abort);
    try {
      await connected(client);
      const fixed = notice.type === 'ended' ? config.endedPayload : config.payload;
      const body = fixed ?? JSON.stringify(notice);
      await client.publishAsync(config.topic, body, { qos: 1, retain: config.retain });
      return { outcome: 'delivered' };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      // CONNACK of MQTT 3.1.1: 4 bad user name or password, 5 not authorised.
      if (code === 4 || code === 5) return { outcome: 'rejected', reason: 'the broker refused the login' };
      return { outcome: 'retry', reason: reasonOf(error, signal) };
    } finally {
      signal.removeEventListener('abort', abort);
      client.end(true);
    }
  },
});

function connected(client: mqtt.MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
}
