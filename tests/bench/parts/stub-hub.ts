/** A hub that stores nothing and acknowledges everything, so that a benchmark of the edge measures the edge. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { decodeBatch, type Entry, uplinkTopics } from '../../../core/envelope.ts';
import { acceptMqtt } from '../../../core/mqtt5.ts';

/** Messages of telemetry that it took; printed as `messages N` when it has grown. */
let messages = 0;
let told = 0;
setInterval(() => {
  if (messages > told) process.stdout.write(`messages ${messages}\n`);
  told = messages;
}, 200);

const broker = await Aedes.createBroker({ concurrency: 1_000 });
broker.subscribe(
  uplinkTopics.allUp,
  (packet, done) => {
    done();
    const topic = uplinkTopics.parse(packet.topic);
    if (!topic || topic.channel === 'heartbeat' || topic.channel === 'ack') return;
    const decoded = decodeBatch(packet.payload as Buffer);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { epoch, lane, seq, entries } = decoded.batch;
    for (const entry of entries as Entry[]) if (entry.type === 'telemetry') messages += entry.at.length;
    const payload = JSON.stringify({ epoch, lane, seq });
    const down = { cmd: 'publish' as const, topic: uplinkTopics.down(topic.gatewayId, 'ack'), qos: 1 as const };
    broker.publish({ ...down, payload, retain: false, dup: false }, () => {});
  },
  () => {},
);
const server = createServer((socket: Socket) =>
  acceptMqtt(socket, { connectTimeoutMs: 10_000, frameBytesMax: 64 * 1024 * 1024 }, (stream) =>
    broker.handle(stream as Socket),
  ),
);
server.listen(0, '127.0.0.1', () => process.stdout.write(`up ${(server.address() as AddressInfo).port}\n`));
