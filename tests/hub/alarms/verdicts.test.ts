import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import type { AlarmFact, Evidence } from '../../../core/alarm.ts';
import { storeFacts } from '../../../hub/alarms/projection.ts';
import type { ChainTables } from '../../../hub/alarms/seal.ts';
import { exportVerdicts } from '../../../hub/alarms/verdicts.ts';
import { createFileEvidence } from '../../../hub/stores/evidence/files.ts';
import { openRecords } from '../../../hub/stores/records/records.ts';
import { raised, T0 } from '../../core/alarm-facts.ts';

const guard: AlarmFact['author'] = { type: 'person', id: 'guard' };
const system: AlarmFact['author'] = { type: 'system', id: 'vision' };

async function world() {
  const folder = mkdtempSync(join(tmpdir(), 'linli-verdicts-'));
  const records = await openRecords(`sqlite:${join(folder, 'records.sqlite')}`);
  onTestFinished(async () => {
    await records.close();
    rmSync(folder, { recursive: true });
  });
  const evidence = createFileEvidence(join(folder, 'evidence'));
  await evidence.start();
  let count = 0;
  const say = async (alarmId: string, author: AlarmFact['author'], body: AlarmFact['body'], at: number) => {
    count += 1;
    const fact: AlarmFact = { id: `f${count}`, alarmId, at, origin: { type: 'hub', id: 'hub' }, author, body };
    await records.db.transaction().execute((db) => storeFacts(db, [fact], T0));
  };
  const piece = async (alarmId: string, type: Evidence['type'], text: string, at: number) => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    await evidence.put(sha256, Buffer.from(text));
    const one: Evidence = { id: sha256.slice(0, 32), type, mime: 'x/y', at, bytes: text.length, sha256 };
    await say(alarmId, system, { type: 'evidence', evidence: one }, at);
    return sha256;
  };
  const fall = (alarmId: string, kind = 'high-throw-camera') =>
    say(alarmId, { type: 'rule', id: 'falling-object' }, { ...raised(1, 0), kind } as AlarmFact['body'], T0);
  const target = join(folder, 'out');
  return {
    evidence,
    say,
    piece,
    fall,
    target,
    run: (fromAt = 0) =>
      exportVerdicts(records.db as unknown as Kysely<ChainTables>, { evidence, folder: target, fromAt }),
  };
}

const track = (x: number) =>
  JSON.stringify({
    picture: { width: 640, height: 360 },
    clipFromAt: T0 - 9_000,
    track: [{ at: T0, x, y: 5, sizePx: 6, probabilities: [0.9] }],
  });

test('each judged fall becomes a clip with its track and the last verdict', async () => {
  const { say, piece, fall, run, target } = await world();
  await fall('bird');
  await piece('bird', 'clip', 'first clip', T0 + 1);
  await piece('bird', 'clip', 'second clip', T0 + 2);
  await piece('bird', 'track', track(2), T0 + 2);
  await piece('bird', 'track', track(1), T0 + 1);
  await say('bird', guard, { type: 'verdict', verdict: 'true' }, T0 + 10);
  await say('bird', guard, { type: 'verdict', verdict: 'false', label: 'bird' }, T0 + 11);
  expect(await run()).toEqual({ clips: 2, without: 0 });
  expect(readFileSync(join(target, `bird-${T0 + 1}.mp4`), 'utf8')).toBe('first clip');
  expect(JSON.parse(readFileSync(join(target, `bird-${T0 + 2}.json`), 'utf8'))).toEqual({
    alarmId: 'bird',
    deviceId: 'smoke-1',
    verdict: 'false',
    label: 'bird',
    picture: { width: 640, height: 360 },
    clipFromAt: T0 - 9_000,
    track: [{ at: T0, x: 2, y: 5, sizePx: 6 }],
  });
});

test('unsure, unjudged, too old, and of other kinds are left out; a clip that is gone is counted', async () => {
  const { say, piece, fall, run, target, evidence } = await world();
  for (const id of ['unsure', 'silent', 'gone', 'true']) {
    await fall(id);
    const clip = await piece(id, 'clip', `clip of ${id}`, T0 + 1);
    await piece(id, 'track', track(1), T0 + 1);
    if (id === 'gone') await evidence.remove(clip);
  }
  await fall('smoke', 'smoke-detector');
  await say('smoke', guard, { type: 'verdict', verdict: 'false' }, T0 + 10);
  await say('unsure', guard, { type: 'verdict', verdict: 'unsure' }, T0 + 10);
  await say('gone', guard, { type: 'verdict', verdict: 'false' }, T0 + 10);
  await say('true', guard, { type: 'verdict', verdict: 'true' }, T0 + 10);
  expect(await run()).toEqual({ clips: 1, without: 1 });
  expect(readdirSync(target)).toEqual([`true-${T0 + 1}.json`, `true-${T0 + 1}.mp4`]);
  expect(await run(T0 + 10_000)).toEqual({ clips: 0, without: 0 });
});
