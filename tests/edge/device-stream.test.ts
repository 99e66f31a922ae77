import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { DeviceStream, type Published } from '../../edge/inputs/device-stream.ts';

const FRAME_BYTES_MAX = 10_000;

/** A socket whose far end is the test's: `write` arrives at the stream, `sent` is what it answered. */
function openStream() {
  const socket = new PassThrough();
  const sent: Buffer[] = [];
  socket.write = ((bytes: Buffer, ...rest: unknown[]) => {
    sent.push(Buffer.from(bytes));
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  }) as typeof socket.write;
  const cuts: string[] = [];
  const stream = new DeviceStream(socket, {
    clock: systemClock,
    frameBytesMax: FRAME_BYTES_MAX,
    unreadTimeoutMs: 50,
    onCut: (reason) => cuts.push(reason),
  });
  stream.on('error', () => {});
  const broker: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => broker.push(chunk));
  const taken: Published[] = [];
  const waiting: (() => void)[] = [];
  stream.open({
    take: (message, done) => {
      taken.push({ ...message, payload: Buffer.from(message.payload) });
      waiting.push(done);
    },
    alive: () => {},
  });
  return { socket, stream, sent, broker, taken, waiting, cuts };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

interface Sent {
  /** Undefined for what is no PUBLISH. */
  message?: { topic: string; payload: Buffer; messageId: number; dup: boolean };
  bytes: Buffer;
}

/** A frame of MQTT 3.1.1 as a device sends it. */
function frame(first: number, body: Buffer): Buffer {
  const head = [first];
  for (let rest = body.length; ; rest >>= 7) {
    head.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.concat([Buffer.from(head), body]);
  }
}

function publish(topic: string, payload: Buffer, messageId: number, dup = false): Buffer {
  const name = Buffer.from(topic);
  const id = messageId > 0 ? [messageId >> 8, messageId & 0xff] : [];
  const body = Buffer.concat([Buffer.from([name.length >> 8, name.length & 0xff]), name, Buffer.from(id), payload]);
  return frame(0x30 | (dup ? 8 : 0) | (messageId > 0 ? 2 : 0), body);
}

const anyFrame: fc.Arbitrary<Sent> = fc.oneof(
  fc
    .record({
      topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      messageId: fc.nat(65_535),
      dup: fc.boolean(),
    })
    .map((message) => ({ message, bytes: publish(message.topic, message.payload, message.messageId, message.dup) })),
  fc.constant({ bytes: Buffer.from([0xc0, 0]) }),
  fc.nat(255).map((id) => ({ bytes: frame(0x82, Buffer.from([1, id, 0, 3, 97, 47, 98, 1])) })),
);

it('takes every PUBLISH and passes everything else on, however the bytes are cut', async () => {
  const cuttings = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { maxLength: 20 }), cuttings, async (frames, cuts) => {
      const { socket, stream, sent, broker, taken, waiting } = openStream();
      await settle();
      const bytes = Buffer.concat(frames.map((one) => one.bytes));
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = cuts[turn % cuts.length] ?? 1;
        socket.emit('data', bytes.subarray(at, at + size));
        at += size;
      }
      await settle();
      const messages = frames.flatMap(({ message }) => message ?? []);
      expect(taken.map(({ topic, payload, messageId, dup }) => ({ topic, payload, messageId, dup }))).toEqual(messages);
      for (const done of waiting) done();
      await settle();
      const acknowledged = messages.filter((one) => one.messageId > 0).map((one) => one.messageId);
      const acks = acknowledged.map((id) => Buffer.from([0x40, 2, id >> 8, id & 0xff]));
      expect(Buffer.concat(sent)).toEqual(Buffer.concat(acks));
      const others = frames.filter((one) => !one.message).map((one) => one.bytes);
      expect(Buffer.concat(broker)).toEqual(Buffer.concat(others));
      stream.destroy();
    }),
    { numRuns: 100 },
  );
});

it('lets a PUBLISH that stands behind something the broker has not read wait for its turn there', async () => {
  const { socket, stream, broker, taken } = openStream();
  stream.pause();
  const message = publish('a/b', Buffer.from('{}'), 1);
  socket.emit('data', Buffer.concat([Buffer.from([0xc0, 0]), message]));
  stream.resume();
  await settle();
  expect(taken).toEqual([]);
  expect(Buffer.concat(broker)).toEqual(Buffer.concat([Buffer.from([0xc0, 0]), message]));
  stream.destroy();
});

it('looks at the head of a PUBLISH beyond all limits, skips the rest, and goes on with the next frame', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9_000 }), async (size) => {
      const { socket, stream, taken, cuts } = openStream();
      await settle();
      const bytes = Buffer.concat([
        publish('a/telemetry', Buffer.alloc(50_000, 7), 1),
        publish('a/event', Buffer.from('{}'), 2),
      ]);
      for (let at = 0; at < bytes.length; at += size) socket.emit('data', bytes.subarray(at, at + size));
      await settle();
      expect(taken.map(({ topic, payloadBytes, messageId }) => ({ topic, payloadBytes, messageId }))).toEqual([
        { topic: 'a/telemetry', payloadBytes: 50_000, messageId: 1 },
        { topic: 'a/event', payloadBytes: 2, messageId: 2 },
      ]);
      expect(taken[0]?.payload.length).toBeLessThan(5_000);
      expect(cuts).toEqual([]);
      stream.destroy();
    }),
    { numRuns: 30 },
  );
});

const malformed: [string, Buffer][] = [
  ['a topic longer than the frame', Buffer.from([0x32, 4, 0, 9, 97, 98])],
  ['no packet identifier', Buffer.from([0x32, 5, 0, 3, 97, 98, 99])],
  ['packet identifier zero', Buffer.from([0x32, 7, 0, 3, 97, 98, 99, 0, 0])],
  ['a length that never ends', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff])],
];
it.each(malformed)('cuts a connection whose PUBLISH has %s', async (_what, bytes) => {
  const { socket, stream, taken, cuts } = openStream();
  socket.emit('data', bytes);
  await settle();
  expect(cuts).toEqual(['malformed']);
  expect(stream.destroyed).toBe(true);
  expect(taken).toEqual([]);
});

it('reads a device no further that has more under way than is kept, and goes on once it is', async () => {
  const { socket, stream, waiting } = openStream();
  const messages = Array.from({ length: 200 }, (_, index) => publish('a/b', Buffer.from('{}'), index + 1));
  socket.emit('data', Buffer.concat(messages));
  await settle();
  expect(socket.isPaused()).toBe(true);
  for (const done of waiting) done();
  await settle();
  expect(socket.isPaused()).toBe(false);
  stream.destroy();
});

it('cuts a device that does not read its acknowledgements, and only such', async () => {
  const { socket, stream, waiting, cuts } = openStream();
  const unread = { value: true };
  Object.defineProperty(socket, 'writableNeedDrain', { get: () => unread.value });
  socket.emit('data', publish('a/b', Buffer.from('{}'), 1));
  for (const done of waiting) done();
  await settle();
  expect(socket.isPaused()).toBe(true);
  unread.value = false;
  socket.emit('drain');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(cuts).toEqual([]);
  unread.value = true;
  socket.emit('data', publish('a/b', Buffer.from('{}'), 2));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(cuts).toEqual(['unread']);
  expect(stream.destroyed).toBe(true);
});
