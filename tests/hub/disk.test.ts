/** How the hub finds out whether its disk is why something failed. */
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { createDisk, type Disk } from '../../hub/disk.ts';
import { createMetrics } from '../../hub/metrics.ts';

/** Answers of the disk to the tries that are under way, oldest first. */
const tries = vi.hoisted(() => [] as ((code: string | undefined) => void)[]);

// The one fake here: a disk that answers when the test says so.
vi.mock('../../core/disk.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../core/disk.ts')>()),
  tryWrite: () => new Promise((resolve) => tries.push(resolve)),
}));

const FULL = /^磁盘已满.*the disk is full: make room; until then the gateways keep .*\(ENOSPC\)$/;
const sqlite = (errcode: number) => Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });

describe("the hub's look at its disk", () => {
  let disk: Disk;
  beforeEach(() => {
    tries.length = 0;
    const log = pino({ level: 'silent' });
    disk = createDisk({ folder: '/nowhere', metrics: createMetrics(), clock: new ManualClock(), log });
  });

  async function answer(code: string | undefined): Promise<void> {
    await vi.waitUntil(() => tries.length > 0);
    tries.shift()?.(code);
  }

  it('asks anew after a failure, since a try that is under way may have written before it', async () => {
    const early = disk.look();
    await vi.waitUntil(() => tries.length === 1);
    const why = disk.whyFailed(new Error('a store failed'));
    await answer(undefined);
    expect(await early).toBeUndefined();
    await answer('ENOSPC');
    expect(await why).toMatch(FULL);
    expect(disk.problem).toMatch(FULL);
  });

  it('serves all who ask meanwhile with one try', async () => {
    const asked = Promise.all([disk.look(), disk.whyFailed(new Error('one')), disk.whyFailed(new Error('two'))]);
    await answer('EROFS');
    expect(new Set(await asked).size).toBe(1);
    expect(tries).toHaveLength(0);
  });

  it('believes the error when a little still fits', async () => {
    const why = disk.whyFailed(sqlite(13));
    await answer(undefined);
    expect(await why).toMatch(FULL);
    expect(disk.problem).toBeUndefined();
  });

  it.each([778, 4874, 14, 8])('tells what the disk says where SQLite does not know it (%i)', async (errcode) => {
    const why = disk.whyFailed(sqlite(errcode));
    await answer('ENOSPC');
    expect(await why).toMatch(FULL);
  });

  it('tells of faults when the disk takes other writes than the one that failed', async () => {
    const why = disk.whyFailed(sqlite(778));
    await answer(undefined);
    expect(await why).toMatch(/the disk reports faults: replace it/);
  });

  it('leaves any other failure alone', async () => {
    const why = disk.whyFailed(sqlite(1));
    await answer(undefined);
    expect(await why).toBeUndefined();
  });
});
