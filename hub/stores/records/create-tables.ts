/** Tables as data, so that a migration reads as the list of its columns. Works on SQLite and PostgreSQL alike. */
import type { Kysely } from 'kysely';

type ColumnType = 'text' | 'bigint' | 'integer' | 'real';

export interface TableSpec {
  /** A `?` after the type allows null. */
  columns: Record<string, ColumnType | `${ColumnType}?`>;
  key: string[];
  unique?: string[][];
  indexes?: string[][];
}

export async function createTables(db: Kysely<unknown>, tables: Record<string, TableSpec>): Promise<void> {
  for (const [name, spec] of Object.entries(tables)) {
    let table = db.schema.createTable(name);
    for (const [column, type] of Object.entries(spec.columns)) {
      const nullable = type.endsWith('?');
      const plain = (nullable ? type.slice(0, -1) : type) as ColumnType;
      const sqlType = plain === 'real' ? ('double precision' as const) : plain;
      table = table.addColumn(column, sqlType, (built) => (nullable ? built : built.notNull()));
    }
    await table.addPrimaryKeyConstraint(`${name}_key`, spec.key as never).execute();
    for (const columns of spec.unique ?? []) await createIndex(db, name, columns, true);
    for (const columns of spec.indexes ?? []) await createIndex(db, name, columns, false);
  }
}

async function createIndex(db: Kysely<unknown>, table: string, columns: string[], unique: boolean): Promise<void> {
  const index = db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns(columns);
  await (unique ? index.unique() : index).execute();
}
