import { type EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import fc from 'fast-check';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptMqtt, Mqtt5Translator } from '../../core/mqtt5.ts';

const FRAME_BYTES_MAX = 1_000_000;

describe('a 3.1.1 broker behind acceptMqtt', () => {
  let broker: Aedes;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    broker = await Aedes.createBroker({
      authenticate: (_client, username, _password, done) => done(null, username !== 'mallory'),
      authorizeSubscribe: (_client, subscription, done) =>
        done(null, subscription.topic.startsWith('secret') ? null : subscription),
      authorizePublish: (client, packet, done) => {
        const { conn } = client ?? {};
        const { messageId } = packet as { messageId?: number };
        if (packet.topic === 'bad' && conn instanceof Mqtt5Translator && messageId !== undefined)
          conn.setAckReason(messageId, 0x99);
        done(null);
      },
    });
    server = createServer((socket: Socket) =>
      acceptMqtt(socket, { connectTimeoutMs: 1_000, frameBytesMax: FRAME_BYTES_MAX }, (stream) =>
        broker.handle(stream as Socket),
      ),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await new Promise<void>((resolve) => broker.close(resolve));
    server.close();
  });

  for (const protocolVersion of [4, 5] as const) {
    it(`lets a client of protocol level ${protocolVersion} publish, subscribe and unsubscribe at QoS 0, 1 and 2`, async () => {
      const client = await mqtt.connectAsync(url, { protocolVersion, reconnectPeriod: 0, username: 'alice' });
      await client.subscribeAsync('a/+', { qos: 2 });
      for (const qos of [0, 1, 2] as const) {
        const arrived = next(client, 'message');
        await client.publishAsync('a/b', `hello ${qos} ${'x'.repeat(70_000)}`, { qos });
        const [topic, payload] = (await arrived) as [string, Buffer];
        expect(topic).toBe('a/b');
        expect(payload.length).toBe(70_008);
      }
      await client.unsubscribeAsync(['a/+', 'b/+']);
      await client.endAsync();
    });
  }

  it('serves others while somebody holds the first byte of a CONNECT, and cuts him in time', async () => {
    const half = connect(Number(new URL(url).port), '127.0.0.1', () => half.write(Buffer.from([0x10])));
    const cut = once(half, 'close');
    half.resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, connectTimeout: 2_000 });
    await client.endAsync();
    await cut;
  });

  it('takes a CONNECT that comes byte by byte', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const answered = once(socket, 'data');
    for (const byte of [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 1, 97]) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect((await answered)[0]).toEqual(Buffer.from([0x20, 2, 0, 0]));
    socket.destroy();
  });

  it('answers a wrong login with the reason code of 5.0', async () => {
    const attempt = mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, username: 'mallory' });
    await expect(attempt).rejects.toMatchObject({ code: 0x87 });
  });

  it('tells a 5.0 client that a subscription is not authorised', async () => {
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
    await expect(client.subscribeAsync('secret')).rejects.toThrow();
    await client.endAsync();
  });

  it('assigns an id to a client that has none, and says how large a packet may be', async () => {
    const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0, clientId: '', clean: true });
    const [connack] = (await next(client, 'connect')) as [mqtt.IConnackPacket];
    expect(connack.properties?.assignedClientIdentifier).toMatch(/^auto-/);
    expect(connack.properties?.maximumPacketSize).toBe(FRAME_BYTES_MAX);
    await client.endAsync();
  });

  it('carries a reason code in the PUBACK and keeps the connection', async () => {
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
    const outcome = await client.publishAsync('bad', 'x', { qos: 1 }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    expect(outcome).toBe(0x99);
    await client.publishAsync('good', 'x', { qos: 1 });
    await client.endAsync();
  });

  it('publishes the will of a 5.0 client that vanishes or says "disconnect with will"', async () => {
    const watcher = await mqtt.connectAsync(url, { reconnectPeriod: 0 });
    await watcher.subscribeAsync('will');
    for (const leave of ['vanish', 'with-will'] as const) {
      const arrived = next(watcher, 'message');
      const will = {
        topic: 'will',
        payload: Buffer.from(leave),
        qos: 1 as const,
        properties: { willDelayInterval: 0 },
      };
      const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, will });
      if (leave === 'vanish') client.stream.destroy();
      else client.end(false, { reasonCode: 4 });
      expect(((await arrived) as [string, Buffer])[1].toString()).toBe(leave);
    }
    await watcher.endAsync();
  });

  it('survives any bytes after a 5.0 CONNECT', async () => {
    const connect = Buffer.from([0x10, 0x10, 0, 4, 77, 81, 84, 84, 5, 2, 0, 60, 0, 0, 3, 97, 98, 99]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        const { port } = server.address() as AddressInfo;
        const { connect: dial } = await import('node:net');
        const socket = dial(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.resume();
        socket.end(Buffer.concat([connect, noise]));
        await once(socket, 'close');
      }),
      { numRuns: 100 },
    );
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
    await client.endAsync();
  });
});

/** The MQTT client types its events too narrowly for `once`. */
function next(client: mqtt.MqttClient, event: string): Promise<unknown[]> {
  return once(client as unknown as EventEmitter, event);
}
