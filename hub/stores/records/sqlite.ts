/**
 * Kysely's SQLite dialect over the SQLite that Node carries. WAL for readers beside the writer;
 * synchronous=FULL because an acknowledged fact must survive a power cut.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

/** Compiled statements kept for reuse; queries are built in few shapes, lists with filters in some more. */
const STATEMENTS_MAX = 500;
/** A transaction that outgrows SQLite's own 2 MB spills its pages to the disk and reads them back. */
const CACHE_KIBIBYTES = 64 * 1024;
/** Pages (4 KiB) that the log takes before they are moved into the file: the fewer moves, the less is written twice. */
const CHECKPOINT_PAGES = 16_000;

/**
 * A transaction that the disk refused is undone by SQLite itself (lang_transaction.html, "Response To Errors Within A
 * Transaction"). Kysely's rollback would fail after it, and its error would stand in for the one that tells why.
 */
const NOTHING_TO_DO = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

export function sqliteDialect(file: string): SqliteDialect {
  return new SqliteDialect({ database: async () => openDatabase(file) });
}

function openDatabase(file: string) {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec('pragma busy_timeout = 5000');
  database.exec('pragma temp_store = memory');
  database.exec(`pragma cache_size = -${CACHE_KIBIBYTES}`);
  database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  const statements = new Map<string, StatementSync>();
  return {
    close: () => database.close(),
    prepare: (sql: string) =>
      sql === 'rollback' && !database.isTransaction ? NOTHING_TO_DO : adapt(compiled(database, statements, sql)),
  };
}

function compiled(database: DatabaseSync, statements: Map<string, StatementSync>, sql: string): StatementSync {
  const known = statements.get(sql);
  if (known) {
    statements.delete(sql);
    statements.set(sql, known);
    return known;
  }
  const statement = database.prepare(sql);
  statements.set(sql, statement);
  const oldest = statements.keys().next().value;
  if (statements.size > STATEMENTS_MAX && oldest !== undefined) statements.delete(oldest);
  return statement;
}

/** The statement in the shape that Kysely's driver expects. */
function adapt(statement: StatementSync) {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
    run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
  };
}
