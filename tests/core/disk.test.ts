/** Errors as the stores really give them on an ext4 that was full, read-only, damaged, or whose device refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskCode, diskProblem, tryWrite } from '../../core/disk.ts';

const error = (message: string, fields: Record<string, unknown> = {}) => Object.assign(new Error(message), fields);
const node = (code: string, errno: number, words = code) => error(`${code}: ${words}, write`, { code, errno });
const sqlite = (errcode: number, message: string) => error(message, { code: 'ERR_SQLITE_ERROR', errcode });
const duckdb = (why: string) => error(`TransactionContext Error: Failed to commit: ${why}`);

describe('what an error says of the disk', () => {
  it.each([
    ['Node, full', node('ENOSPC', -28, 'no space left on device'), 'ENOSPC'],
    ['Node, quota on Linux', node('Unknown system error -122', -122), 'EDQUOT'],
    ['Node, read-only', node('EROFS', -30, 'read-only file system'), 'EROFS'],
    ['Node, the device refuses', node('EIO', -5, 'i/o error'), 'EIO'],
    ['Node, a checksum of the file system is wrong', node('Unknown system error -74', -74), 'EIO'],
    ['Node, the file system is damaged', node('Unknown system error -117', -117), 'EIO'],
    ['SQLite, the log or the file cannot grow', sqlite(13, 'database or disk is full'), 'ENOSPC'],
    ['SQLite, a read', sqlite(266, 'disk I/O error'), 'EIO'],
    ['SQLite, a write', sqlite(778, 'disk I/O error'), 'EIO'],
    ['SQLite, a flush', sqlite(1034, 'disk I/O error'), 'EIO'],
    ['SQLite, a cut', sqlite(1546, 'disk I/O error'), 'EIO'],
    ['SQLite, a removal', sqlite(2570, 'disk I/O error'), 'EIO'],
    ['SQLite, the shared memory cannot be opened', sqlite(4618, 'disk I/O error'), 'EIO'],
    ['SQLite, the shared memory cannot grow', sqlite(4874, 'disk I/O error'), 'EIO'],
    ['SQLite, the shared memory cannot be mapped', sqlite(5386, 'disk I/O error'), 'EIO'],
    ['SQLite, a read that the device refused', sqlite(8458, 'disk I/O error'), 'EIO'],
    ['PostgreSQL, full', error('Speicherplatz erschöpft', { code: '53100' }), 'ENOSPC'],
    ['PostgreSQL, the device refuses', error('Ein-/Ausgabefehler', { code: '58030' }), 'EIO'],
    ['PostgreSQL, read-only', error('could not open file "base/5": Read-only file system', { code: '42501' }), 'EROFS'],
    ['DuckDB, full', duckdb('Could not write file "x.wal": No space left on device'), 'ENOSPC'],
    ['DuckDB, quota', duckdb('Could not write file "x.wal": Disk quota exceeded'), 'EDQUOT'],
    ['DuckDB, read-only', duckdb('Cannot open file "x.wal": Read-only file system'), 'EROFS'],
    ['DuckDB, the device refuses', duckdb('Could not fsync file "x": Input/output error'), 'EIO'],
    ['DuckDB, a flush that the device refused', error('FATAL Error: fsync failed!'), 'EIO'],
    ['a text that was handed on', 'EROFS: read-only file system, open', 'EROFS'],
    ['a code that was handed on', 'ENOSPC', 'ENOSPC'],
    ['the cause of an error', error('it did not work', { cause: node('ENOSPC', -28) }), 'ENOSPC'],
    ['one of several errors', new AggregateError([error('no'), node('EROFS', -30)], 'all failed'), 'EROFS'],
  ])('is known from %s', (_of, said, code) => {
    expect(diskCode(said)).toBe(code);
  });

  it.each([
    ['SQLite, a statement that is wrong', sqlite(1, 'no such table: x')],
    ['SQLite, a file that cannot be opened, for whatever reason', sqlite(14, 'unable to open database file')],
    ['SQLite, a file that may not be written', sqlite(8, 'attempt to write a readonly database')],
    ['SQLite, a damaged file', sqlite(11, 'database disk image is malformed')],
    ['SQLite, a rule of the table', sqlite(1555, 'UNIQUE constraint failed: communities.id')],
    ['Node, no right to write', node('EACCES', -13, 'permission denied')],
    ['a bug', new TypeError('x is not a function')],
    ['nothing', undefined],
  ])('is nothing for %s', (_of, said) => {
    expect(diskCode(said)).toBeUndefined();
  });

  it('comes to an end with an error that is its own cause', () => {
    const round = error('round');
    round.cause = round;
    expect(diskCode(round)).toBeUndefined();
  });

  it('is told with the cure', () => {
    expect(diskProblem('EDQUOT', { zh: '不保存', en: 'nothing is saved' })).toBe(
      '磁盘配额已用完：清理空间或提高配额；不保存 / the disk quota is used up: make room or raise it; nothing is saved (EDQUOT)',
    );
    expect(diskProblem('EPERM', { zh: '不保存', en: 'nothing is saved' })).toMatch(/the disk refuses; .*\(EPERM\)$/);
  });
});

describe('a try to write', () => {
  it('makes the folder and leaves nothing in it, or says the code of what is in the way', async () => {
    const place = mkdtempSync(join(tmpdir(), 'linli-write-'));
    try {
      expect(await tryWrite(join(place, 'a', 'b'))).toBeUndefined();
      expect(await tryWrite(join(place, 'a', 'b'))).toBeUndefined();
      expect(() => rmSync(join(place, 'a', 'b', '.writable'))).toThrow('ENOENT');
      writeFileSync(join(place, 'file'), '');
      expect(await tryWrite(join(place, 'file', 'b'))).toBe('ENOTDIR');
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
