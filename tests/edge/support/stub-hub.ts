/** A hub's uplink in this process: takes batches, acknowledges what the test lets it, sends downlinks. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import {
  type Ack,
  type Batch,
  type DownlinkBody,
  decodeBatch,
  type Entry,
  uplinkTopics,
} from '../../../core/envelope.ts';
import { acceptMqtt } from '../../../core/mqtt5.ts';

export interface StubHub {
  url: string;
  port: number;
  batches: Batch[];
  entries(): Entry[];
  /** Sequences of downlinks that the gateway acknowledged. */
  downlinksDone: number[];
  heartbeats: Record<string, unknown>[];
  /** Decides on each batch: an acknowledgement, or none. */
  judge: (batch: Batch) => Ack | undefined;
  acknowledge(ack: Ack): void;
  send(body: DownlinkBody): number;
  stop(): Promise<void>;
}

export async function startStubHub(port = 0, gatewayId = 'gw-1'): Promise<StubHub> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    acceptMqtt(socket, { connectTimeoutMs: 5_000, frameBytesMax: 64 << 20 }, (stream) =>
      broker.handle(stream as Socket),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  let seq = 0;
  const publish = (topic: string, body: unknown) =>
    broker.publish(
      { cmd: 'publish', topic, payload: JSON.stringify(body), qos: 1, retain: false, dup: false },
      () => {},
    );
  const hub: StubHub = {
    port: (server.address() as AddressInfo).port,
    url: '',
    batches: [],
    downlinksDone: [],
    heartbeats: [],
    entries: () => hub.batches.flatMap((batch) => batch.entries),
    judge: ({ epoch, lane, seq: stored }) => ({ epoch, lane, seq: stored }),
    acknowledge: (ack) => publish(uplinkTopics.down(gatewayId, 'ack'), ack),
    send(body) {
      seq += 1;
      publish(uplinkTopics.down(gatewayId, 'downlink'), { seq, sentAt: Date.now(), body });
      return seq;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(resolve));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  hub.url = `mqtt://127.0.0.1:${hub.port}`;
  broker.subscribe(
    uplinkTopics.allUp,
    (packet, done) => {
      done();
      const channel = uplinkTopics.parse(packet.topic)?.channel;
      const payload = packet.payload as Buffer;
      if (channel === 'heartbeat') hub.heartbeats.push(JSON.parse(payload.toString()) as Record<string, unknown>);
      else if (channel === 'ack') hub.downlinksDone.push((JSON.parse(payload.toString()) as { seq: number }).seq);
      else {
        const decoded = decodeBatch(payload);
        if (!decoded.ok) throw new Error(decoded.reason);
        const batch = { ...decoded.batch, ...(decoded.blob ? { blob: decoded.blob } : {}) } as Batch;
        hub.batches.push(batch);
        const ack = hub.judge(batch);
        if (ack) hub.acknowledge(ack);
      }
    },
    () => {},
  );
  return hub;
}
