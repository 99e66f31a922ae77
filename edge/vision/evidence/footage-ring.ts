/**
 * The last seconds of a camera as they came, compressed: what an evidence clip and picture are made
 * of. Bounded by time and by bytes; the oldest goes first.
 */
import type { Compressed } from '../sources/source.ts';

export interface Footage {
  /** Epoch ms. */
  atMs: number;
  compressed: Compressed;
}

export interface FootageRing {
  push(footage: Footage): void;
  /** Everything from `fromMs` on, starting with a picture that can be decoded on its own. */
  since(fromMs: number): Footage[];
  clear(): void;
}

export function createFootageRing(limits: { spanMs: number; bytesMax: number }): FootageRing {
  let items: Footage[] = [];
  let bytes = 0;
  let head = 0;
  return {
    push(footage) {
      items.push(footage);
      bytes += footage.compressed.bytes.length;
      while (head < items.length - 1) {
        const oldest = items[head] as Footage;
        if (footage.atMs - oldest.atMs <= limits.spanMs && bytes <= limits.bytesMax) break;
        bytes -= oldest.compressed.bytes.length;
        head += 1;
      }
      if (head > 512) {
        items = items.slice(head);
        head = 0;
      }
    },
    since(fromMs) {
      let from = head;
      for (let index = head; index < items.length; index++) {
        const item = items[index] as Footage;
        if (item.atMs > fromMs) break;
        if (isKey(item)) from = index;
      }
      while (from < items.length && !isKey(items[from] as Footage)) from += 1;
      return items.slice(from);
    },
    clear() {
      items = [];
      bytes = 0;
      head = 0;
    },
  };
}

function isKey({ compressed }: Footage): boolean {
  return compressed.type === 'jpeg' || compressed.key;
}
