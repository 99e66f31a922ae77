/**
 * The files of the journal, for their one writer: of fixed size, filled with zeros once and used again, the next
 * one made while the current one is written.
 */
import { constants, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { flushPath } from '../core/whole-file.ts';

const FILE_BYTES = 16 * 1024 * 1024;
/** Written at once when a file is filled: small, so that a segment beside it does not wait. */
const FILL_BYTES = 128 * 1024;
/** Magic, length, checksum, number: in front of every segment. */
export const HEAD_BYTES = 20;
/** Emptied files that are kept to be used again, beside the one that is made ahead. */
const SPARES_MAX = 1;

interface OpenFile {
  file: number;
  handle: FileHandle;
  /** Where the next segment goes. */
  at: number;
  /** Number of the last segment in it. */
  last: number;
  size: number;
}

export class JournalFiles {
  readonly #folder: string;
  /** File number → number of its last segment; of files that are full or were found at the start. */
  readonly #full = new Map<number, number>();
  #spares: number[] = [];
  #current: OpenFile | undefined;
  /** The file after the current one, made while that is being filled; undefined when the disk refused it. */
  #ahead: Promise<OpenFile | undefined> | undefined;
  #nextFile: number;

  constructor(folder: string, places: readonly { file: number; number: number }[]) {
    this.#folder = folder;
    const files = listFiles(folder);
    for (const place of places) this.#full.set(place.file, place.number);
    for (const file of files) if (!this.#full.has(file)) this.#takeEmpty(file);
    this.#nextFile = (files.at(-1) ?? 0) + 1;
  }

  /** What an earlier run made ahead is used again: a gateway that is killed often must not fill its disk with it. */
  #takeEmpty(file: number): void {
    const path = pathOf(this.#folder, file);
    if (this.#spares.length < SPARES_MAX && statSync(path).size === FILE_BYTES) this.#spares.push(file);
    else rmSync(path, { force: true });
  }

  async append(value: Buffer, number: number): Promise<{ file: number; at: number }> {
    if (this.#current && this.#current.at + value.length > this.#current.size) await this.#finish();
    this.#current ??= await this.#begin(value.length);
    const current = this.#current;
    try {
      // O_DSYNC: the bytes are on the disk when the write returns.
      const { bytesWritten } = await current.handle.write(value, 0, value.length, current.at);
      if (bytesWritten !== value.length) throw new Error(`the disk took ${bytesWritten} of ${value.length} bytes`);
    } catch (error) {
      // What the disk made of a failed write is unknown: the next try goes to another file.
      await this.#finish();
      throw error;
    }
    const { at } = current;
    current.at += value.length;
    current.last = number;
    return { file: current.file, at };
  }

  async trim(number: number): Promise<void> {
    for (const [file, last] of this.#full) {
      if (last > number) continue;
      this.#full.delete(file);
      if (this.#spares.length < SPARES_MAX) this.#spares.push(file);
      else await rm(pathOf(this.#folder, file), { force: true });
    }
  }

  async close(): Promise<void> {
    await this.#current?.handle.close();
    this.#current = undefined;
    const ahead = await this.#ahead;
    if (ahead) await this.#leave(ahead);
  }

  async #finish(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    this.#full.set(current.file, current.last);
    await current.handle.close().catch(() => {});
  }

  async #begin(bytes: number): Promise<OpenFile> {
    const ahead = await this.#ahead;
    this.#ahead = undefined;
    const opened = ahead && bytes <= ahead.size ? ahead : await this.#make(bytes);
    if (ahead && opened !== ahead) await this.#leave(ahead);
    // Filling and naming a file takes the disk a fifth of a second: nobody waits for it.
    this.#ahead = this.#make(FILE_BYTES).catch(() => undefined);
    return opened;
  }

  async #make(bytes: number): Promise<OpenFile> {
    const file = this.#nextFile++;
    const path = pathOf(this.#folder, file);
    const spare = bytes <= FILE_BYTES ? this.#spares.shift() : undefined;
    if (spare !== undefined) await rename(pathOf(this.#folder, spare), path);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC;
    const handle = await open(path, flags, 0o600);
    try {
      const size = Math.max(FILE_BYTES, bytes);
      // A file in use again must not show its earlier first segment.
      const zeros = Buffer.alloc(spare === undefined ? FILL_BYTES : HEAD_BYTES);
      const end = spare === undefined ? size : HEAD_BYTES;
      for (let at = 0; at < end; at += zeros.length) await handle.write(zeros, 0, Math.min(zeros.length, end - at), at);
      await flushPath(this.#folder);
      return { file, handle, at: 0, last: 0, size };
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(path, { force: true });
      throw error;
    }
  }

  /** An unused file goes to the spares. */
  async #leave({ file, handle }: OpenFile): Promise<void> {
    await handle.close();
    this.#full.set(file, 0);
  }
}

export function listFiles(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => /^(\d{8,})\.log$/.exec(name)?.[1])
    .filter((name) => name !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

export function pathOf(folder: string, file: number): string {
  return join(folder, `${String(file).padStart(8, '0')}.log`);
}
