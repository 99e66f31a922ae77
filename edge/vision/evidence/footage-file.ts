/**
 * Footage on its way to the encoding process: the bytes go through a file. Through the channel between
 * the processes ten megabytes held up the worker, and with it all of its cameras, for seconds.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Footage } from './footage-ring.ts';

export interface StoredFootage {
  /** Absolute; whoever stored it removes it. */
  path: string;
  items: { footage: Footage; length: number }[];
}

export async function storeFootage(footage: readonly Footage[], path: string): Promise<StoredFootage> {
  await writeFile(path, Buffer.concat(footage.map(({ compressed }) => compressed.bytes)));
  const items = footage.map(({ atMs, compressed }) => ({
    footage: { atMs, compressed: { ...compressed, bytes: new Uint8Array() } },
    length: compressed.bytes.length,
  }));
  return { path, items };
}

export async function loadFootage({ path, items }: StoredFootage): Promise<Footage[]> {
  const all = await readFile(path);
  let from = 0;
  return items.map(({ footage, length }) => {
    const bytes = Uint8Array.from(all.subarray(from, from + length));
    from += length;
    return { atMs: footage.atMs, compressed: { ...footage.compressed, bytes } };
  });
}
