import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import type { AlarmFact } from '../../../core/alarm.ts';
import { storeFacts } from '../../../hub/alarms/projection.ts';
import type { ChainTables } from '../../../hub/alarms/seal.ts';
import { verifyRecords } from '../../../hub/alarms/verify.ts';
import { createFileEvidence } from '../../../hub/stores/evidence/files.ts';
import { openRecords } from '../../../hub/stores/records/records.ts';
import { fact, raised, T0 } from '../../core/alarm-facts.ts';

const picture = Buffer.from('a picture');
const sha256 = createHash('sha256').update(picture).digest('hex');

/** Three batches of facts, one with evidence, stored as the hub does. */
async function world() {
  const folder = mkdtempSync(join(tmpdir(), 'linli-verify-'));
  const evidenceFolder = join(folder, 'evidence');
  const records = await openRecords(`sqlite:${join(folder, 'records.sqlite')}`);
  onTestFinished(async () => {
    await records.close();
    rmSync(folder, { recursive: true });
  });
  const evidence = createFileEvidence(evidenceFolder);
  await evidence.start();
  await evidence.put(sha256, picture);
  const batches: AlarmFact[][] = [
    [fact('r', T0, raised(1, 0)), fact('k', T0 + 1, { type: 'acknowledged', activation: 1 })],
    [fact('k', T0 + 1, { type: 'acknowledged', activation: 1 })],
    [
      fact('e', T0 + 2, {
        type: 'evidence',
        evidence: { id: 'e1', type: 'picture', mime: 'image/jpeg', at: T0, bytes: picture.length, sha256 },
      }),
      fact('c', T0 + 3, { type: 'cleared', activation: 1, step: 1, reason: 'condition' }),
    ],
  ];
  for (const batch of batches) await records.db.transaction().execute((db) => storeFacts(db, batch, T0));
  const db = records.db as unknown as Kysely<ChainTables>;
  return {
    db,
    evidenceFolder,
    verify: (head?: { seq: number; hash: string }) => verifyRecords(db, { evidenceFolder, head }),
  };
}

test('what the hub stored is sealed once, in order, and verifies', async () => {
  const { verify } = await world();
  const result = await verify();
  expect(result).toMatchObject({ links: 4, older: 0, faults: [], evidence: { files: 1, missing: [], changed: [] } });
  expect((await verify(result.head)).isHeadKnown).toBe(true);
  expect((await verify({ seq: 2, hash: 'f'.repeat(64) })).isHeadKnown).toBe(false);
});

test('a changed, a removed and a slipped-in fact are named', async () => {
  const { db, verify } = await world();
  const forged = fact(
    'k',
    T0 + 1,
    { type: 'acknowledged', activation: 1 },
    { author: { type: 'person', id: 'somebody-else' } },
  );
  await db
    .updateTable('alarmFacts')
    .set({ fact: JSON.stringify(forged) })
    .where('id', '=', 'k')
    .execute();
  await db.deleteFrom('alarmFacts').where('id', '=', 'c').execute();
  const slipped = { id: 'x', alarmId: 'a1', at: T0, storedAt: T0, type: 'commented', fact: '{}' };
  await db.insertInto('alarmFacts').values(slipped).execute();
  const { faults } = await verify();
  expect(faults).toEqual([
    { type: 'changed-fact', seq: 2, factId: 'k' },
    { type: 'removed-fact', seq: 4, factId: 'c' },
    { type: 'unsealed-fact', factId: 'x' },
  ]);
});

test('a link cut out with its fact leaves a gap that does not close', async () => {
  const { db, verify } = await world();
  await db.deleteFrom('alarmFacts').where('id', '=', 'k').execute();
  await db.deleteFrom('alarmChain').where('factId', '=', 'k').execute();
  expect((await verify()).faults).toEqual([
    { type: 'missing-link', seq: 2 },
    { type: 'broken-link', seq: 3, factId: 'e' },
  ]);
});

test('a file of evidence that was touched is named; one that is not here is only counted', async () => {
  const { evidenceFolder, verify } = await world();
  const file = join(evidenceFolder, sha256.slice(0, 2), sha256);
  writeFileSync(file, 'another picture');
  expect((await verify()).evidence.changed).toEqual([sha256]);
  rmSync(file);
  expect((await verify()).evidence).toEqual({ files: 0, missing: [sha256], changed: [] });
});
