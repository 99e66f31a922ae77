import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COMMANDS,
  type CommandName,
  type Decoded,
  encodeFrame,
  type Frame,
  makeFrameDecoder,
  replyTo,
  SKIP_REASONS,
  VARIANTS,
  type Variant,
} from '../../../devices/protocols/gbt26875.ts';
import { decodeData, encodeData, type Report } from '../../../devices/protocols/gbt26875-data.ts';

const time = { year: 2021, month: 7, day: 27, hour: 9, minute: 9, second: 5 };
const address = fc.stringMatching(/^[0-9a-f]{12}$/);
const anyTime = fc.option(
  fc.record({
    year: fc.integer({ min: 2000, max: 2099 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.integer({ min: 0, max: 59 }),
  }),
  { nil: undefined },
);
const byte = fc.integer({ min: 0, max: 255 });
const anyFrame: fc.Arbitrary<Frame> = fc.record({
  serial: fc.integer({ min: 0, max: 65_535 }),
  version: fc.record({ main: byte, user: byte }),
  time: anyTime,
  source: address,
  destination: address,
  command: fc.constantFrom(...(Object.keys(COMMANDS) as CommandName[])),
  data: fc.uint8Array({ maxLength: 200 }),
});
const anyVariant = fc.constantFrom<Variant>(...Object.values(VARIANTS));

/** Hands the bytes over in pieces of these sizes, in turn. */
function decodeInPieces(bytes: Uint8Array, sizes: readonly number[], variant: Variant): Decoded[] {
  const decoder = makeFrameDecoder(variant);
  const found: Decoded[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    found.push(...decoder.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return found;
}

const framesOf = (found: readonly Decoded[]) => found.flatMap((one) => (one.type === 'frame' ? [one.frame] : []));
const glue = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

describe('the frame of GB/T 26875.3', () => {
  it('holds a smoke detector on fire in 78 bytes', () => {
    const report: Report = {
      type: 'component-state',
      systemType: 1,
      systemAddress: 1,
      componentType: 0x2a,
      componentAddress: 0x00010203,
      states: ['fire'],
      text: '3号楼2单元502烟感',
      time,
    };
    const frame: Frame = {
      serial: 0x14,
      version: { main: 0x10, user: 0 },
      time,
      source: '010203040506',
      destination: '000000000000',
      command: 'send',
      data: encodeData([report]),
    };
    const raw = encodeFrame(frame);
    expect(raw.length).toBe(78);
    expect([...raw.subarray(0, 12)]).toEqual([0x40, 0x40, 0x14, 0, 0x10, 0, 5, 9, 9, 27, 7, 21]);
    expect([...raw.subarray(24, 29)]).toEqual([48, 0, 2, 2, 1]);
    expect([...raw.subarray(-2)]).toEqual([0x23, 0x23]);
    const [found] = makeFrameDecoder().push(raw);
    expect(found).toEqual({ type: 'frame', frame, raw });
    expect(decodeData(frame.data)).toEqual({ ok: true, reports: [report] });
  });

  it('comes out as it went in, split and glued in any way, noise in between', () => {
    const noise = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.map((one) => (one === 0x40 ? 0x41 : one)));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(noise, anyFrame), { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }),
        anyVariant,
        (parts, sizes, variant) => {
          const wire = glue(parts.flatMap(([dirt, frame]) => [dirt, encodeFrame(frame, variant)]));
          const found = decodeInPieces(wire, sizes, variant);
          expect(framesOf(found)).toEqual(parts.map(([, frame]) => frame));
          expect(Buffer.concat(found.map((one) => one.raw)).equals(wire)).toBe(true);
        },
      ),
    );
  });

  it('survives any bytes, loses none of them, and waits for one frame at most', () => {
    const marked = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.constantFrom(0x40, 0x23, 0, 1, 2)).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(marked, anyVariant, (bytes, variant) => {
        const decoder = makeFrameDecoder(variant);
        const found = decoder.push(Uint8Array.from(bytes));
        for (const one of found) if (one.type === 'skipped') expect(SKIP_REASONS).toContain(one.reason);
        const told = found.reduce((sum, one) => sum + one.raw.length, 0);
        expect(told + decoder.waitingBytes).toBe(bytes.length);
        expect(decoder.waitingBytes).toBeLessThan(27 + 1024 + 3);
      }),
    );
  });

  it('finds the next frame behind one that was cut short', () => {
    fc.assert(
      fc.property(anyFrame, anyFrame, fc.nat(), (cut, whole, at) => {
        const head = encodeFrame(cut);
        const wire = glue([head.subarray(0, at % head.length), encodeFrame(whole), new Uint8Array(1_100)]);
        expect(framesOf(makeFrameDecoder().push(wire)).at(-1)).toEqual(whole);
      }),
    );
  });

  it('refuses a frame with one bit turned', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), (frame, bit) => {
        const raw = encodeFrame(frame);
        const at = 2 + (Math.floor(bit / 8) % (raw.length - 4));
        raw[at] = (raw[at] ?? 0) ^ (1 << (bit % 8));
        expect(framesOf(makeFrameDecoder().push(raw))).not.toContainEqual(frame);
      }),
    );
  });

  it('tells each deviation of a device model apart from the standard', () => {
    const raw = encodeFrame(
      {
        serial: 1,
        version: { main: 1, user: 1 },
        time,
        source: '000000000001',
        destination: '000000000000',
        command: 'confirm',
        data: new Uint8Array(0),
      },
      VARIANTS['xor-checksum'],
    );
    expect(makeFrameDecoder().push(raw)).toMatchObject([{ type: 'skipped', reason: 'bad-checksum' }]);
    expect(makeFrameDecoder(VARIANTS['xor-checksum']).push(raw)).toMatchObject([{ type: 'frame' }]);
  });

  it('answers with the same serial number to the sender', () => {
    const frame: Frame = {
      serial: 777,
      version: { main: 1, user: 0 },
      time,
      source: '0000000000aa',
      destination: '0000000000bb',
      command: 'send',
      data: new Uint8Array(2),
    };
    expect(replyTo(frame, 'deny', time)).toMatchObject({
      serial: 777,
      source: '0000000000bb',
      destination: '0000000000aa',
      command: 'deny',
    });
  });
});

describe('the data of a send frame', () => {
  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), anyVariant, (data, variant) => {
        decodeData(data, variant);
      }),
    );
  });

  it('cuts a text at its zero byte: what follows is stale', () => {
    const report: Report = {
      type: 'component-state',
      systemType: 1,
      systemAddress: 1,
      componentType: 42,
      componentAddress: 7,
      states: ['normal'],
      text: '烟感',
      time,
    };
    const data = encodeData([report]);
    data.set([0xc1, 0xd9], 2 + 9 + 5);
    expect(decodeData(data)).toMatchObject({ ok: true, reports: [{ text: '烟感' }] });
  });

  it('carries analogue values below zero, operations and states of the panel', () => {
    const reports: Report[] = [
      {
        type: 'analogue',
        systemType: 1,
        systemAddress: 2,
        componentType: 3,
        componentAddress: 4,
        analogue: 3,
        count: -125,
        time,
      },
      { type: 'operation', systemType: 1, systemAddress: 1, operations: ['reset', 'self-test'], operator: 9, time },
      { type: 'system-state', systemType: 1, systemAddress: 1, states: ['normal', 'fire', 'main-power-fault'], time },
      { type: 'device-state', bits: 0b101, time },
      { type: 'device-operation', operations: ['confirm'], operator: 1, time },
    ];
    for (const report of reports) expect(decodeData(encodeData([report]))).toEqual({ ok: true, reports: [report] });
  });

  it('says why it cannot be read', () => {
    expect(decodeData(Uint8Array.of(2))).toEqual({ ok: false, reason: 'too-short' });
    expect(decodeData(Uint8Array.of(2, 2, 0))).toEqual({ ok: false, reason: 'wrong-length', dataType: 2 });
    expect(decodeData(Uint8Array.of(99, 0))).toEqual({ ok: false, reason: 'unsupported-type', dataType: 99 });
  });
});
