/**
 * Due times by key, the earliest first. A key has one due time; setting it anew replaces it. Putting
 * a time off or cancelling it leaves its place in the heap, which is corrected when it comes up: a
 * rule that is put off with every message costs one assignment each, and the heap does not grow.
 */
interface Due<T> {
  /** Infinity when cancelled. */
  at: number;
  /** Where the key stands in the heap: at or before `at`. Any other entry of the key is stale. */
  heapAt: number;
  what: T;
}

export class Timers<T> {
  readonly #dues = new Map<string, Due<T>>();
  /** Heap by (at, key). */
  readonly #heap: { at: number; key: string }[] = [];

  set(key: string, at: number, what: T): void {
    const known = this.#dues.get(key);
    if (known && known.heapAt <= at) {
      known.at = at;
      known.what = what;
      return;
    }
    this.#dues.set(key, { at, heapAt: at, what });
    this.#push({ at, key });
  }

  delete(key: string): void {
    const known = this.#dues.get(key);
    if (known) known.at = Number.POSITIVE_INFINITY;
  }

  nextAt(): number | undefined {
    this.#settle();
    return this.#heap[0]?.at;
  }

  /** Everything that is set and not cancelled, in no order. */
  *entries(): Iterable<{ key: string; what: T }> {
    for (const [key, { at, what }] of this.#dues) if (at !== Number.POSITIVE_INFINITY) yield { key, what };
  }

  /** Takes the earliest entry that is due at `now`; entries of one instant come in the order of their keys. */
  take(now: number): { key: string; at: number; what: T } | undefined {
    this.#settle();
    const top = this.#heap[0];
    if (!top || top.at > now) return undefined;
    this.#pop();
    const due = this.#dues.get(top.key) as Due<T>;
    this.#dues.delete(top.key);
    return { key: top.key, at: top.at, what: due.what };
  }

  /** Brings a true entry to the top: drops what is stale or cancelled, moves what was put off. */
  #settle(): void {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      const due = this.#dues.get(top.key);
      if (due && due.heapAt === top.at && due.at === top.at) return;
      this.#pop();
      if (!due || due.heapAt !== top.at) continue;
      if (due.at === Number.POSITIVE_INFINITY) this.#dues.delete(top.key);
      else {
        due.heapAt = due.at;
        this.#push({ at: due.at, key: top.key });
      }
    }
  }

  #push(entry: { at: number; key: string }): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as { at: number; key: string };
      if (!isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as { at: number; key: string })) child += 1;
      const below = heap[child] as { at: number; key: string };
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: { at: number; key: string }, b: { at: number; key: string }): boolean {
  return a.at < b.at || (a.at === b.at && a.key < b.key);
}
