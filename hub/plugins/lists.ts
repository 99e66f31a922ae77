/** What all lists have in common: a limit, and a cursor that holds the sort key of the last item. */
import { type Expression, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { instantSchema } from '../../core/text.ts';

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(LIMITS.pageItemsMax).default(100),
  cursor: z.string().max(300).optional(),
};

/** An instant in a query string. */
export const instantQuery = z.coerce.number().pipe(instantSchema);

/** One or several values, separated by commas: `state=unacked,acked`. */
export function listQuery<const T extends readonly string[]>(allowed: T) {
  return z
    .string()
    .max(1_000)
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(z.array(z.enum(allowed)).max(50));
}

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Cuts the one row too many that was read to see whether there is a next page. */
export function cutPage<T>(rows: T[], limit: number, keyOf: (row: T) => (string | number)[]) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(keyOf(last)) : null };
}

function encodeCursor(key: (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Where a list that is newest first goes on: what comes behind the cursor's item by this column, then by id. */
export function behindCursor(cursor: string | undefined, column: 'at' | 'toAt' | 'createdAt'): Expression<SqlBool> {
  if (cursor === undefined) return sql<SqlBool>`1 = 1`;
  const [at, id] = decodeCursor(cursor);
  return sql<SqlBool>`(${sql.ref(column)}, ${sql.ref('id')}) < (${at}, ${id})`;
}

/** The sort key of a cursor: an instant, then an id. Throws `unprocessable` for what is no cursor. */
export function decodeCursor(cursor: string): [at: number, id: string] {
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    return z.tuple([z.number(), z.string()]).parse(key);
  } catch {
    throw new AppError('unprocessable', 'the cursor is not one that this list gave', {
      details: [{ in: 'querystring', path: '/cursor', message: 'is not a cursor' }],
    });
  }
}
