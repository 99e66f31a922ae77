/** The hub's records and evidence as they lie on disk, for commands that only read; the hub may be running. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CamelCasePlugin, Kysely } from 'kysely';
import { StartError } from '../../core/errors.ts';
import { postgresDialect } from '../stores/records/postgres.ts';
import { sqliteDialect } from '../stores/records/sqlite.ts';
import type { ChainTables } from './seal.ts';

export interface Stored {
  db: Kysely<ChainTables>;
  evidenceFolder: string;
}

/** `data` is the data folder; LINLI_DATA_DIR or ./data when nobody names one. The caller destroys `db`. */
export function openStored(data = process.env.LINLI_DATA_DIR ?? './data'): Stored {
  const hubDir = join(data, 'hub');
  const url = process.env.LINLI_RECORDS_URL ?? `sqlite:${join(hubDir, 'records.sqlite')}`;
  const file = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
  if (file !== undefined && !existsSync(file))
    throw new StartError(`there are no records in ${hubDir}: give the data folder`);
  const dialect = file === undefined ? postgresDialect(url) : sqliteDialect(file);
  return {
    db: new Kysely<ChainTables>({ dialect, plugins: [new CamelCasePlugin()] }),
    evidenceFolder: join(hubDir, 'evidence'),
  };
}
