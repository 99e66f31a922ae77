/** A disk that answers neither yes nor no to a commit: the store gives up by name instead of waiting for ever. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { openStore, type Store } from '../../edge/store.ts';

const disk = vi.hoisted(() => ({ isSilent: false }));

// The one fake here: a root database whose transactions are never answered.
vi.mock('lmdb', async (importOriginal) => {
  const real = await importOriginal<typeof import('lmdb')>();
  return {
    ...real,
    open(options: { path: string }) {
      const root = real.open(options);
      const transaction = root.transaction.bind(root);
      root.transaction = ((work: () => unknown) =>
        disk.isSilent ? new Promise(() => {}) : transaction(work)) as typeof root.transaction;
      return root;
    },
  };
});

describe('a commit that is never answered', () => {
  let folder: string;
  let clock: ManualClock;
  let store: Store;
  const dead: Error[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linli-silent-'));
    clock = new ManualClock(1_760_000_000_000);
    store = openStore({
      folder,
      clock,
      newId: () => 'id-1',
      onBlocked: () => {},
      onDead: (error) => void dead.push(error),
    });
  });
  afterEach(async () => {
    disk.isSilent = false;
    dead.length = 0;
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends the store after a minute when the disk takes other writes', async () => {
    await store.commit(() => store.put('downlinkSeq', 7));
    disk.isSilent = true;
    const refused = expect(store.commit(() => store.put('downlinkSeq', 8))).rejects.toThrow('a commit is not answered');
    for (let second = 0; second < 55; second += 1) await pass(1_000);
    expect(dead).toEqual([]);
    while (dead.length === 0) await pass(1_000);
    await refused;
    expect(dead[0]?.message).toContain('MDB_PANIC');
    expect(store.downlinkSeq()).toBe(7);
  });

  /** Lets the look at the disk, which is real, come to its end. */
  async function pass(ms: number): Promise<void> {
    clock.advanceBy(ms);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
