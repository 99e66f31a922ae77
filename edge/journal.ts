/**
 * The journal: what devices were told is kept, before anything is made of it. A log of segments in
 * files of fixed size that are filled with zeros once and used again: an append changes no metadata,
 * so it costs the disk one write. Each segment carries its number and checksum; reading stops at
 * nothing less than the end of the file, so a torn or rotten segment costs itself and no other.
 * The listener's thread appends and trims; the main thread reads.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Clock, sleep } from '../core/clock.ts';
import { HEAD_BYTES, JournalFiles, listFiles, pathOf } from './journal-files.ts';
import { type JournalRecord, SegmentWriter } from './segment.ts';

const MAGIC = 0x4c6e4c6a;
const RETRY_MS = 1_000;

export type Kept = () => void;

/** Where a segment lies. */
export interface SegmentPlace {
  number: number;
  file: number;
  at: number;
  bytes: number;
}

export interface JournalEvents {
  /** A segment is on the disk. */
  onSegment(place: SegmentPlace): void;
  /** The disk refuses: nothing is acknowledged until it takes the segment. Called with undefined when it does. */
  onBlocked(error: Error | undefined): void;
}

/** Appends with group commit: what arrives while one segment is being written makes the next one. */
export class JournalWriter {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #events: JournalEvents;
  readonly #segment = new SegmentWriter(HEAD_BYTES);
  readonly #files: JournalFiles;
  #waiting: Kept[] = [];
  #next: number;
  #running = false;
  #closed = new AbortController();
  #idle: (() => void)[] = [];

  /** `after`: the last segment that was evaluated; numbers never repeat, also after trimming. */
  constructor(folder: string, options: { after: number; places: SegmentPlace[]; clock: Clock; events: JournalEvents }) {
    this.#folder = folder;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#next = Math.max(options.places.at(-1)?.number ?? 0, options.after) + 1;
    this.#files = new JournalFiles(this.#folder, options.places);
  }

  get head(): number {
    return this.#next - 1;
  }

  add(record: JournalRecord, done: Kept): void {
    this.#segment.add(record);
    this.#waiting.push(done);
    if (!this.#running) {
      this.#running = true;
      // Everything that this turn of the loop reads from the sockets joins the segment.
      setImmediate(() => void this.#run());
    }
  }

  /** Calls `done` when everything added before is kept. */
  barrier(done: Kept): void {
    if (!this.#running) done();
    else this.#waiting.push(done);
  }

  /** Segments up to and with `number` are needed no more. */
  trim(number: number): Promise<void> {
    return this.#files.trim(number);
  }

  /** Resolves when everything added so far is kept, or gives up on it when the disk refuses. */
  async stop(): Promise<void> {
    if (this.#running) {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
      await Promise.race([idle, sleep(this.#clock, 5_000)]);
    }
    this.#closed.abort();
    await this.#files.close();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed.signal.aborted) {
      const waiting = this.#waiting;
      this.#waiting = [];
      if (!this.#segment.isEmpty) {
        const value = this.#segment.take();
        const place = await this.#commit(value);
        if (!place) break;
        this.#segment.giveBack(value);
        this.#next += 1;
        this.#events.onSegment(place);
      }
      for (const done of waiting) done();
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Undefined when the writer was stopped while the disk refused. */
  async #commit(value: Buffer): Promise<SegmentPlace | undefined> {
    const number = this.#next;
    writeHead(value, number);
    let blocked: string | undefined;
    while (!this.#closed.signal.aborted) {
      try {
        const { file, at } = await this.#files.append(value, number);
        if (blocked !== undefined) this.#events.onBlocked(undefined);
        return { number, file, at, bytes: value.length };
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        // A full disk may turn read-only: people are told what it is now.
        if (reason.message !== blocked) this.#events.onBlocked(reason);
        blocked = reason.message;
        await sleep(this.#clock, RETRY_MS, this.#closed.signal);
      }
    }
    return undefined;
  }
}

/** What a look through the files found. */
export interface JournalFound {
  places: SegmentPlace[];
  /** Bytes that were no whole segment although something follows them or a checksum is wrong. */
  rottenBytes: number;
}

/** Finds every whole segment, in order. */
export function scanJournal(folder: string): JournalFound {
  mkdirSync(folder, { recursive: true });
  const found: JournalFound = { places: [], rottenBytes: 0 };
  for (const file of listFiles(folder)) scanFile(folder, file, found);
  return found;
}

function scanFile(folder: string, file: number, found: JournalFound): void {
  const bytes = readWhole(pathOf(folder, file));
  let at = 0;
  let skippedFrom: number | undefined;
  while (at + HEAD_BYTES <= bytes.length) {
    const last = found.places.at(-1)?.number ?? 0;
    const segment = wholeSegment(bytes, at);
    // What a file held before it was used again has smaller numbers.
    if (segment && segment.number > last) {
      if (skippedFrom !== undefined) found.rottenBytes += at - skippedFrom;
      skippedFrom = undefined;
      found.places.push({ number: segment.number, file, at, bytes: segment.bytes });
      at += segment.bytes;
      continue;
    }
    skippedFrom ??= at;
    const next = bytes.indexOf(MAGIC_BYTES, at + 1);
    if (next < 0) break;
    at = next;
  }
}

function wholeSegment(bytes: Buffer, at: number): { number: number; bytes: number } | undefined {
  if (bytes.readUInt32LE(at) !== MAGIC) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  if (length < HEAD_BYTES || at + length > bytes.length) return undefined;
  if (crc32(bytes.subarray(at + 12, at + length)) !== bytes.readUInt32LE(at + 8)) return undefined;
  return { number: bytes.readDoubleLE(at + 12), bytes: length };
}

const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeUInt32LE(MAGIC);

function writeHead(value: Buffer, number: number): void {
  value.writeUInt32LE(MAGIC, 0);
  value.writeUInt32LE(value.length, 4);
  value.writeDoubleLE(number, 12);
  value.writeUInt32LE(crc32(value.subarray(12)), 8);
}

/** Reads segments in order, while the other thread appends. */
export class JournalReader {
  readonly #folder: string;
  /** In the order of their numbers. */
  #places: SegmentPlace[];
  /** Position in `#places` before which nothing is asked for any more. */
  #from = 0;
  #open: { file: number; descriptor: number } | undefined;
  #scratch = Buffer.alloc(0);

  constructor(folder: string, places: SegmentPlace[]) {
    this.#folder = folder;
    this.#places = places;
  }

  get head(): number {
    return this.#places.at(-1)?.number ?? 0;
  }

  add(place: SegmentPlace): void {
    this.#places.push(place);
  }

  /** The first segment with a larger number, without its head; the bytes are good until the next call. */
  after(number: number): { number: number; bytes: Buffer } | undefined {
    const place = this.#places[this.#find(number)];
    if (!place) return undefined;
    const length = place.bytes - HEAD_BYTES;
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(length + (length >> 2));
    const bytes = this.#scratch.subarray(0, length);
    const read = readSync(this.#descriptor(place.file), bytes, 0, bytes.length, place.at + HEAD_BYTES);
    if (read !== bytes.length) throw new Error(`segment ${place.number} of the journal cannot be read`);
    return { number: place.number, bytes };
  }

  /** Forgets the segments up to and with `number`. */
  forget(number: number): void {
    this.#from = this.#find(number);
    if (this.#from < 1_000) return;
    this.#places = this.#places.slice(this.#from);
    this.#from = 0;
  }

  close(): void {
    if (this.#open) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }

  #find(number: number): number {
    let low = this.#from;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle]?.number ?? 0) > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #descriptor(file: number): number {
    if (this.#open?.file === file) return this.#open.descriptor;
    this.close();
    const descriptor = openSync(pathOf(this.#folder, file), 'r');
    this.#open = { file, descriptor };
    return descriptor;
  }
}

/** The bytes of a place, for whoever looks back. */
export function readPlaces(folder: string, places: SegmentPlace[]): Buffer[] {
  const reader = new JournalReader(folder, places);
  const found = places.flatMap((place) => {
    const segment = reader.after(place.number - 1);
    return segment ? Buffer.from(segment.bytes) : [];
  });
  reader.close();
  return found;
}

export function fileOfPlace(folder: string, { file }: SegmentPlace): string {
  return pathOf(folder, file);
}

function readWhole(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.allocUnsafeSlow(size);
    const read = readSync(descriptor, bytes, 0, size, 0);
    return bytes.subarray(0, read);
  } finally {
    closeSync(descriptor);
  }
}
