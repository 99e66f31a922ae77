/**
 * The listener's thread: sockets, broker, decode and keep. It shares nothing with the rest of the
 * gateway but the journal, so that neither a storm of messages nor a long evaluation delays the
 * other. In come MQTT connections; out go segments of the journal and PUBACKs.
 */
import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock as clock } from '../../core/clock.ts';
import { invariant } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { acceptMqtt } from '../../core/mqtt5.ts';
import { loadKinds } from '../../devices/kinds.ts';
import { type CutReason, count, newListenerCounts, type TopicReason } from '../counters.ts';
import { JournalWriter, readPlaces } from '../journal.ts';
import { receive } from '../pipeline.ts';
import { readSegment } from '../segment.ts';
import { type Message, refuse } from '../stages/decode.ts';
import { DeviceBroker, type Session } from './device-broker.ts';
import { type Answer, DeviceStream, type Published } from './device-stream.ts';
import type { FromListener, ListenerSetup, ToListener } from './mqtt-messages.ts';
import { Repeats } from './repeats.ts';
import { createTlsServer } from './tls.ts';

const COUNTS_EVERY_MS = 1_000;
/** Headers and topic around the largest payload. A frame beyond it is cut before it fills the memory. */
const PACKET_BYTES_MAX = LIMITS.frameBytesMax + 4_096;
/** Read back at start, to know what a device may send again after a crash. */
const REPEAT_SEGMENTS_MAX = 5_000;
const REPEAT_BYTES_MAX = 8 * 1024 * 1024;
const TCP_KEEPALIVE_MS = 60_000;
/** Kinds whose devices push pictures. */
const FRAME_KIND = 'high-throw-camera';

const TOPIC_FAULTS: Record<TopicReason, string> = {
  'foreign-topic': 'a device publishes below its own topic only',
  'topic-too-deep': 'the topic has more levels than devices.limits.topicLevelsMax',
};

const setup = workerData as ListenerSetup;
const port = parentPort;
invariant(port, 'the listener runs in a worker thread');
const tell = (message: FromListener, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

const kinds = await loadKinds();
const counts = newListenerCounts();
const repeats = new Repeats(clock);
const journal = new JournalWriter(setup.journalFolder, {
  after: setup.after,
  places: setup.places,
  clock,
  events: {
    onSegment: (place) => tell({ type: 'head', place }),
    onBlocked: (error) => tell({ type: 'blocked', error: error?.message }),
  },
});
rememberRecent();

const broker = new DeviceBroker({
  clock,
  limits: setup.devices.limits,
  counts,
  take,
  refuseTopic(session, published, reason, done) {
    count(counts.refused, reason);
    const message = { ...messageOf(session, published.topic, published), messageId: 0 };
    journal.add(refuse(message, reason, TOPIC_FAULTS[reason]).record, done);
  },
  onConnections: (deviceId, connections) => tell({ type: 'connections', deviceId, connections }),
  onCommandReady: (deviceId) => tell({ type: 'command-ready', deviceId }),
  onCommandAcked(topic, payload) {
    if (!topic.endsWith('/command')) return;
    const { id } = JSON.parse(payload.toString()) as { id: string };
    tell({ type: 'command-acked', commandId: id });
  },
});
broker.setRegistry(setup.registry);
await broker.listen();
const server = setup.devices.tls
  ? await createTlsServer(setup.devices.tls, clock, accept, tell)
  : createNetServer(accept);
server.maxConnections = setup.devices.limits.connectionsMax;
const reporting = clock.every(COUNTS_EVERY_MS, () => tell({ type: 'counts', counts }));
listen(server);
port.on('message', (message: ToListener) => void obey(message));

function listen(server: Server): void {
  server.once('error', (error: NodeJS.ErrnoException) => {
    tell({ type: 'failed', code: error.code ?? 'unknown', message: error.message });
  });
  server.listen({ host: setup.devices.host, port: setup.devices.port, backlog: 4_096 }, () => {
    const address = server.address();
    tell({ type: 'listening', port: typeof address === 'object' && address ? address.port : 0 });
  });
}

async function obey(message: ToListener): Promise<void> {
  switch (message.type) {
    case 'registry':
      broker.setRegistry(message.devices);
      return;
    case 'limits':
      Object.assign(setup.devices.limits, message.limits);
      server.maxConnections = setup.devices.limits.connectionsMax;
      broker.limitsChanged();
      return;
    case 'clock-ahead':
      setup.clockAheadMs = message.aheadMs;
      return;
    case 'command':
      broker.command(message.deviceId, message.payload);
      return;
    case 'keep':
      for (const record of message.records) journal.add(record, () => {});
      journal.barrier(() => tell({ type: 'kept', ticket: message.ticket }));
      return;
    case 'trim':
      // A disk that refuses is reported by the writer; the next trim takes these along.
      await journal.trim(message.segment).catch(() => {});
      return;
    case 'stop':
      reporting.cancel();
      server.close();
      await new Promise<void>((resolve) => broker.close(resolve));
      await journal.stop();
      tell({ type: 'counts', counts });
      port?.close();
  }
}

const stream = {
  clock,
  frameBytesMax: PACKET_BYTES_MAX,
  get unreadTimeoutMs() {
    return setup.devices.limits.unreadTimeoutMs;
  },
  onCut: (reason: CutReason) => count(counts.cut, reason),
};

function accept(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
  const limits = { connectTimeoutMs: setup.devices.limits.connectTimeoutMs, frameBytesMax: PACKET_BYTES_MAX };
  acceptMqtt(socket, limits, (connection) => broker.handle(new DeviceStream(connection, stream)));
}

function messageOf(session: Session, channel: string, { payload, payloadBytes, messageId }: Published): Message {
  const { clockAheadMs } = setup;
  return { device: session.device, channel, payload, payloadBytes, receivedAt: clock.now(), clockAheadMs, messageId };
}

function take(session: Session, channel: string, published: Published, answer: Answer): void {
  const message = messageOf(session, channel, published);
  counts.received += 1;
  counts.receivedBytes += message.payloadBytes;
  if (channel === 'frame' && session.device.kind === FRAME_KIND && message.payloadBytes <= LIMITS.frameBytesMax) {
    counts.frames += 1;
    const jpeg = Uint8Array.from(message.payload);
    tell({ type: 'frame', deviceId: session.device.id, jpeg }, [jpeg.buffer]);
    answer();
    return;
  }
  const { id } = session.device;
  if (repeats.has(id, message.messageId, message.payload, published.dup)) {
    counts.repeated += 1;
    journal.barrier(answer);
    return;
  }
  receive(message, { kinds, journal, counts, repeats }, answer);
}

/** After a crash devices send again what they saw no PUBACK for, although it may have been kept. */
function rememberRecent(): void {
  let bytes = 0;
  let from = setup.places.length;
  while (from > 0 && setup.places.length - from < REPEAT_SEGMENTS_MAX && bytes < REPEAT_BYTES_MAX) {
    from -= 1;
    bytes += setup.places[from]?.bytes ?? 0;
  }
  for (const segment of readPlaces(setup.journalFolder, setup.places.slice(from)))
    for (const record of readSegment(segment)) {
      if (record.channel !== 'refused') repeats.note(record.deviceId, record.messageId, record.payload);
    }
}
