/** Gateways in the records. */
import type { Kysely } from 'kysely';
import { AppError } from '../../core/errors.ts';
import { hashSecret } from '../../core/secret.ts';
import type { Services } from '../services.ts';
import type { RecordTables } from '../stores/records/tables.ts';

export async function insertGateway(
  { clock, downlinks }: Services,
  db: Kysely<RecordTables>,
  gateway: { id: string; communityId: string; name: string; secret: string },
): Promise<void> {
  const { id, communityId, name, secret } = gateway;
  const done = await db
    .insertInto('gateways')
    .values({
      id,
      communityId,
      name,
      secretHashes: JSON.stringify([await hashSecret(secret)]),
      createdAt: clock.now(),
      registryVersion: 0,
      rulesVersion: 0,
      revokedAt: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (done.numInsertedOrUpdatedRows !== 1n) throw new AppError('conflict', 'a gateway with this id exists');
  await downlinks.queueRegistry(db, id);
}

export async function assertCommunityExists({ records }: Services, communityId: string): Promise<void> {
  const found = await records.db
    .selectFrom('communities')
    .select('id')
    .where('id', '=', communityId)
    .executeTakeFirst();
  if (!found)
    throw new AppError('unprocessable', 'there is no such community', {
      details: [{ in: 'body', path: '/communityId', message: 'names no community' }],
    });
}
