/**
 * GB/T 26875.3-2011: frames of a fire user-information transmission device (用户信息传输装置).
 * In: bytes as TCP hands them over, split and glued in any way. Out: frames, or what was skipped and
 * why. Strict by default; `VARIANTS` names how device models deviate. Pure: no socket, no clock.
 *
 * Frame: 40 40 | serial 2 | version 2 | time 6 | source 6 | destination 6 | data length 2 | command 1
 * | data | checksum 1 | 23 23. Numbers are little endian. The checksum is the sum modulo 256 of all
 * bytes from the serial number to the end of the data.
 * Taken from open decoders of the standard; clause 6.5 (resends and time-outs) is not covered.
 */
export const COMMANDS = { control: 1, send: 2, confirm: 3, request: 4, response: 5, deny: 6 } as const;
export type CommandName = keyof typeof COMMANDS;

/** How a device model deviates from the standard. */
export interface Variant {
  /** Binary numbers, or two decimal digits a byte. */
  time: 'binary' | 'bcd';
  checksum: 'sum' | 'xor';
}

export const VARIANTS = {
  standard: { time: 'binary', checksum: 'sum' },
  'bcd-time': { time: 'bcd', checksum: 'sum' },
  'xor-checksum': { time: 'binary', checksum: 'xor' },
  'bcd-time-xor-checksum': { time: 'bcd', checksum: 'xor' },
} as const satisfies Record<string, Variant>;

/** As the device's clock shows it: local time of no stated zone. */
export interface FrameTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

export interface Frame {
  serial: number;
  version: { main: number; user: number };
  /** Undefined where the device's clock is set to no time: a fire is not lost for that. */
  time: FrameTime | undefined;
  /** Addresses as twelve hexadecimal digits, in the order of the wire. */
  source: string;
  destination: string;
  command: CommandName;
  data: Uint8Array;
}

export const SKIP_REASONS = [
  /** Bytes before a start mark. */
  'noise',
  'data-too-long',
  'bad-checksum',
  'bad-end-mark',
  'unknown-command',
] as const;
type SkipReason = (typeof SKIP_REASONS)[number];

export type Decoded =
  /** `raw` is the whole frame as it came: it is kept with the alarm. */
  { type: 'frame'; frame: Frame; raw: Uint8Array } | { type: 'skipped'; reason: SkipReason; raw: Uint8Array };

const START = 0x40;
const END = 0x23;
/** Start mark, serial, version, time, source, destination, length, command. */
const HEAD_BYTES = 27;
const TAIL_BYTES = 3;
const LENGTH_AT = 24;
/** The standard allows 1024 bytes of data. */
const DATA_BYTES_MAX = 1024;

export interface FrameDecoder {
  /** Takes the next bytes of the connection; answers everything that is complete by now. */
  push(bytes: Uint8Array): Decoded[];
  /** Bytes that wait for more: never above one frame. */
  readonly waitingBytes: number;
}

/** Keeps at most one frame's bytes between calls; never throws. */
export function makeFrameDecoder(variant: Variant = VARIANTS.standard): FrameDecoder {
  let waiting: Uint8Array = new Uint8Array(0);
  return {
    get waitingBytes() {
      return waiting.length;
    },
    push(bytes) {
      const found: Decoded[] = [];
      let rest = join(waiting, bytes);
      for (;;) {
        const step = takeOne(rest, variant);
        if (!step) break;
        rest = rest.subarray(step.raw.length);
        found.push(step);
      }
      waiting = rest.slice();
      return found;
    },
  };
}

/** The first frame or skippable piece of the bytes; undefined when more bytes are needed to tell. */
function takeOne(bytes: Uint8Array, variant: Variant): Decoded | undefined {
  const startAt = findStart(bytes);
  if (startAt > 0) return { type: 'skipped', reason: 'noise', raw: bytes.slice(0, startAt) };
  if (bytes.length < HEAD_BYTES) return undefined;
  const dataLength = uint16(bytes, LENGTH_AT);
  // A false start mark: step over one byte only, the true one may follow at once.
  if (dataLength > DATA_BYTES_MAX) return skip(bytes, 'data-too-long', 1);
  const total = HEAD_BYTES + dataLength + TAIL_BYTES;
  if (bytes.length < total) return undefined;
  if (bytes[total - 2] !== END || bytes[total - 1] !== END) return skip(bytes, 'bad-end-mark', 1);
  const raw = bytes.slice(0, total);
  const body = raw.subarray(2, total - TAIL_BYTES);
  if (checksum(body, variant) !== raw[total - TAIL_BYTES]) return skip(bytes, 'bad-checksum', total);
  return parse(raw, variant);
}

function parse(raw: Uint8Array, variant: Variant): Decoded {
  const command = commandName(raw[HEAD_BYTES - 1] ?? 0);
  if (!command) return { type: 'skipped', reason: 'unknown-command', raw };
  const time = readTime(raw.subarray(6, 12), variant.time);
  const frame: Frame = {
    serial: uint16(raw, 2),
    version: { main: raw[4] ?? 0, user: raw[5] ?? 0 },
    time,
    source: hex(raw.subarray(12, 18)),
    destination: hex(raw.subarray(18, 24)),
    command,
    data: raw.slice(HEAD_BYTES, raw.length - TAIL_BYTES),
  };
  return { type: 'frame', frame, raw };
}

/** The bytes of a frame. Throws RangeError for what a frame cannot hold. */
export function encodeFrame(frame: Frame, variant: Variant = VARIANTS.standard): Uint8Array {
  if (frame.data.length > DATA_BYTES_MAX)
    throw new RangeError(`${frame.data.length} bytes of data: a frame holds at most ${DATA_BYTES_MAX}`);
  const raw = new Uint8Array(HEAD_BYTES + frame.data.length + TAIL_BYTES);
  raw.set([START, START, frame.serial & 0xff, frame.serial >> 8, frame.version.main, frame.version.user]);
  raw.set(writeTime(frame.time, variant.time), 6);
  raw.set(unhex(frame.source), 12);
  raw.set(unhex(frame.destination), 18);
  raw.set([frame.data.length & 0xff, frame.data.length >> 8, COMMANDS[frame.command]], LENGTH_AT);
  raw.set(frame.data, HEAD_BYTES);
  const sum = checksum(raw.subarray(2, raw.length - TAIL_BYTES), variant);
  raw.set([sum, END, END], raw.length - TAIL_BYTES);
  return raw;
}

/** What the receiver answers: the same serial number, addresses swapped, no data. */
export function replyTo(frame: Frame, command: 'confirm' | 'deny', time: FrameTime): Frame {
  const { serial, version, source, destination } = frame;
  return { serial, version, time, source: destination, destination: source, command, data: new Uint8Array(0) };
}

/** The six bytes of a time at the end of an object, or undefined when they are no time. */
export function readTime(bytes: Uint8Array, encoding: Variant['time']): FrameTime | undefined {
  const digits = encoding === 'bcd' ? Array.from(bytes, fromBcd) : Array.from(bytes);
  const [second = -1, minute = -1, hour = -1, day = -1, month = -1, year = -1] = digits;
  const plausible =
    inRange(second, 0, 59) &&
    inRange(minute, 0, 59) &&
    inRange(hour, 0, 23) &&
    inRange(day, 1, 31) &&
    inRange(month, 1, 12) &&
    inRange(year, 0, 99);
  return plausible ? { year: 2000 + year, month, day, hour, minute, second } : undefined;
}

/** Six zero bytes for no time. */
export function writeTime(time: FrameTime | undefined, encoding: Variant['time']): Uint8Array {
  if (!time) return new Uint8Array(6);
  const { second, minute, hour, day, month, year } = time;
  const parts = [second, minute, hour, day, month, year - 2000];
  return Uint8Array.from(encoding === 'bcd' ? parts.map(toBcd) : parts);
}

function skip(bytes: Uint8Array, reason: SkipReason, length: number): Decoded {
  return { type: 'skipped', reason, raw: bytes.slice(0, length) };
}

/** Index of the first start mark, or of a last byte that may be its first half, or the length. */
function findStart(bytes: Uint8Array): number {
  for (let index = bytes.indexOf(START); index !== -1; index = bytes.indexOf(START, index + 1)) {
    if (index === bytes.length - 1 || bytes[index + 1] === START) return index;
  }
  return bytes.length;
}

function checksum(body: Uint8Array, variant: Variant): number {
  let value = 0;
  for (const byte of body) value = variant.checksum === 'xor' ? value ^ byte : (value + byte) & 0xff;
  return value;
}

function commandName(code: number): CommandName | undefined {
  return (Object.keys(COMMANDS) as CommandName[]).find((name) => COMMANDS[name] === code);
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function unhex(text: string): Uint8Array {
  if (!/^[0-9a-f]{12}$/.test(text)) throw new RangeError(`${text}: an address is twelve hexadecimal digits`);
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function fromBcd(byte: number): number {
  const [high, low] = [byte >> 4, byte & 15];
  return high > 9 || low > 9 ? -1 : high * 10 + low;
}

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function inRange(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
