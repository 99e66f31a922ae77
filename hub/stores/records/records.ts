/**
 * The records store: people, gateways, devices, alarms, orders. One set of queries (Kysely) over
 * SQLite or PostgreSQL. In: a URL. Out: the query builder, with every migration of the folder done.
 */
import { join } from 'node:path';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StartError } from '../../../core/errors.ts';
import { scanDefinitions } from '../../../core/scan.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { RecordTables } from './tables.ts';

export interface Records {
  db: Kysely<RecordTables>;
  /**
   * A transaction that is not forced onto the disk by itself: a power cut may lose the newest of them,
   * never out of order and never half. For what is derived from stored facts and made again at the
   * next start; it costs a hundredth of a forced one.
   */
  lazily<T>(run: (trx: Kysely<RecordTables>) => Promise<T>): Promise<T>;
  /** Writes over what earlier rows of a table left in the store's files. */
  scrub(table: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store and brings its tables up to date. Throws StartError when it cannot. */
export async function openRecords(url: string): Promise<Records> {
  const isSqlite = url.startsWith('sqlite:');
  const dialect = isSqlite ? sqliteDialect(url.slice('sqlite:'.length)) : postgresDialect(url);
  const db = new Kysely<RecordTables>({ dialect, plugins: [new CamelCasePlugin()] });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy().catch(() => undefined);
    throw error;
  }
  return {
    db,
    lazily: isSqlite ? lazilyInSqlite(db) : lazilyInPostgres(db),
    async scrub(table) {
      if (!isSqlite) return void (await sql`vacuum full ${sql.table(table)}`.execute(db));
      await sql`vacuum`.execute(db);
      await sql`pragma wal_checkpoint(truncate)`.execute(db);
    },
    close: () => db.destroy(),
  };
}

/** The level is the connection's and cannot change inside a transaction; the one connection is held meanwhile. */
function lazilyInSqlite(db: Kysely<RecordTables>): Records['lazily'] {
  return (run) =>
    db.connection().execute(async (connection) => {
      await sql`pragma synchronous = normal`.execute(connection);
      try {
        return await connection.transaction().execute(run);
      } finally {
        await sql`pragma synchronous = full`.execute(connection);
      }
    });
}

function lazilyInPostgres(db: Kysely<RecordTables>): Records['lazily'] {
  return (run) =>
    db.transaction().execute(async (trx) => {
      await sql`set local synchronous_commit = off`.execute(trx);
      return run(trx);
    });
}

async function migrate(db: Kysely<RecordTables>): Promise<void> {
  const folder = join(import.meta.dirname, 'migrations');
  const migrations = await scanDefinitions<Migration>(folder);
  const migrator = new Migrator({
    db: db.withoutPlugins(),
    provider: { getMigrations: async () => Object.fromEntries(migrations) },
    allowUnorderedMigrations: true,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (!error) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const cause = error instanceof Error ? error.message : String(error);
  throw new StartError(
    `the records store cannot be opened (${failed ? `migration ${failed}: ` : ''}${cause}): check LINLI_RECORDS_URL`,
  );
}
