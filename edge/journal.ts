/**
 * The journal: segments by number, in an lmdb environment of its own, so that a commit of the
 * listener never waits for one of the evaluation. The listener's thread appends and trims; the main
 * thread reads. A record is kept when `done` is called: written, and flushed to the disk.
 */
import { type Database, open, type RootDatabase } from 'lmdb';
import { type Clock, sleep } from '../core/clock.ts';
import { type JournalRecord, SegmentWriter } from './segment.ts';

const RETRY_MS = 1_000;

export type Kept = () => void;

export function openJournal(folder: string): RootDatabase<Buffer, number> {
  return open<Buffer, number>({ path: folder, encoding: 'binary', noMemInit: true });
}

export interface JournalEvents {
  /** A segment is on the disk. */
  onSegment(number: number): void;
  /** The disk refuses: nothing is acknowledged until it takes the segment. Called again with undefined when it does. */
  onBlocked(error: Error | undefined): void;
}

/** Appends with group commit: what arrives while one segment is being flushed makes the next one. */
export class JournalWriter {
  readonly #database: Database<Buffer, number>;
  readonly #clock: Clock;
  readonly #events: JournalEvents;
  readonly #segment = new SegmentWriter();
  #waiting: Kept[] = [];
  #next: number;
  #running = false;
  #closed = new AbortController();
  #idle: (() => void)[] = [];

  /** `after`: the last segment that was evaluated; numbers never repeat, also after trimming. */
  constructor(database: Database<Buffer, number>, options: { after: number; clock: Clock; events: JournalEvents }) {
    this.#database = database;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#next = Math.max(lastSegment(database), options.after) + 1;
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

  /** Removes the segments up to and with `number`. */
  async trim(number: number): Promise<void> {
    const keys = this.#database.getKeys({ end: number, inclusiveEnd: true, limit: 10_000 }).asArray;
    await Promise.all((await keys).map((key) => this.#database.remove(key)));
  }

  /** Resolves when everything added so far is kept, or gives up on it when the disk refuses. */
  async stop(): Promise<void> {
    if (this.#running) {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
      await Promise.race([idle, sleep(this.#clock, 5_000)]);
    }
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed.signal.aborted) {
      const waiting = this.#waiting;
      this.#waiting = [];
      if (this.#segment.length > 0) {
        if (!(await this.#commit(this.#segment.take()))) break;
        this.#next += 1;
        this.#events.onSegment(this.#next - 1);
      }
      for (const done of waiting) done();
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** False when the writer was stopped while the disk refused. */
  async #commit(value: Buffer): Promise<boolean> {
    let blocked = false;
    while (!this.#closed.signal.aborted) {
      try {
        await this.#database.put(this.#next, value);
        await this.#database.flushed;
        if (blocked) this.#events.onBlocked(undefined);
        return true;
      } catch (error) {
        if (!blocked) this.#events.onBlocked(error instanceof Error ? error : new Error(String(error)));
        blocked = true;
        await sleep(this.#clock, RETRY_MS, this.#closed.signal);
      }
    }
    return false;
  }
}

export function lastSegment(database: Database<Buffer, number>): number {
  for (const key of database.getKeys({ reverse: true, limit: 1 })) return key;
  return 0;
}
