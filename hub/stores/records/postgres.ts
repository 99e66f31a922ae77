/** Kysely's PostgreSQL dialect over pg. Instants and counts are bigint columns; all of ours fit a JavaScript number. */
import { PostgresDialect } from 'kysely';
import pg from 'pg';

const CONNECTIONS_MAX = 10;
const BIGINT_OID = 20;

export function postgresDialect(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === BIGINT_OID ? Number : pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  });
  // Without a listener an idle connection that the server closes would end the process; the next query reconnects.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}
