/** A transaction for which there is no room, in the SQLite of the records: what is told, and what is left. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecords, type Records } from '../../hub/stores/records/records.ts';

const FULL = { code: 'ERR_SQLITE_ERROR', errcode: 13, message: 'database or disk is full' };

describe('a transaction for which there is no room', () => {
  let folder: string;
  let records: Records;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'linli-sqlite-'));
    records = await openRecords(`sqlite:${join(folder, 'records.sqlite')}`);
    // The same error as of a full disk, and SQLite undoes the transaction as it does then.
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(records.db);
    await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 4)}`.execute(records.db);
  });
  afterEach(async () => {
    await records.close();
    rmSync(folder, { recursive: true });
  });

  const community = (id: string, name = id) => ({ id, name, type: '商品房', createdAt: 1 });
  async function tooMuch(db: Records['db']): Promise<void> {
    for (let count = 0; count < 20; count += 1)
      await db
        .insertInto('communities')
        .values(community(`c${count}`, 'x'.repeat(3_000)))
        .execute();
  }

  it('says so, not that there is nothing to roll back, and leaves nothing behind', async () => {
    await expect(records.db.transaction().execute(tooMuch)).rejects.toMatchObject(FULL);
    await expect(records.lazily(tooMuch)).rejects.toMatchObject(FULL);
    await records.db.transaction().execute((trx) => trx.insertInto('communities').values(community('fits')).execute());
    expect(await records.db.selectFrom('communities').select('id').execute()).toEqual([{ id: 'fits' }]);
  });

  it('is rolled back as ever when something else fails', async () => {
    const failed = records.db.transaction().execute(async (trx) => {
      await trx.insertInto('communities').values(community('torn')).execute();
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await records.db.selectFrom('communities').select('id').execute()).toEqual([]);
  });
});
