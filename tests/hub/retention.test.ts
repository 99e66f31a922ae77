/** What is kept how long, on a manual clock. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRetention } from '../../hub/retention.ts';
import { type RealHub, startRealHub } from './real-hub.ts';

const DAY_MS = 24 * 3_600_000;

describe('retention', () => {
  let real: RealHub;
  beforeAll(async () => {
    real = await startRealHub();
  }, 60_000);
  afterAll(() => real?.stop());

  it('forgets readings, events and evidence that are too old, and nothing else', async () => {
    const { records, series, evidence, clock, log } = real.hub.services;
    const now = clock.now();
    const [old, recent] = [now - 40 * DAY_MS, now - 20 * DAY_MS];
    const said = { deviceId: 'd', kind: 'access-gate', communityId: 'c', type: 'pass', fields: '{}' };
    const event = { ...said, quality: 'good', history: 0 as const };
    await records.db
      .insertInto('events')
      .values([old, recent].map((at) => ({ ...event, id: `event-${at}`, at, receivedAt: at })))
      .execute();
    const bytes = Buffer.from('clip');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await evidence.put(sha256, bytes);
    const piece = { alarmId: 'a', communityId: 'c', sha256, type: 'clip', mime: 'video/mp4', bytes: 4, storedAt: now };
    await records.db
      .insertInto('evidence')
      .values([
        ...[old, recent].map((at) => ({ ...piece, id: `piece-${at}`, at })),
        { ...piece, id: 'shot', type: 'picture', sha256: 'f'.repeat(64), at: recent },
      ])
      .execute();
    const rows = [old, recent].map((at) => ({ communityId: 'c', deviceId: 'd', kind: 'k', field: 'f', at, value: 1 }));
    await series.append({ gatewayId: 'g', epoch: 'e', lane: 'telemetry', seq: 1 }, rows);

    const keep = { seriesDays: 30, eventsDays: 30, evidenceDays: { clip: 30, picture: 30, track: 30, raw: 30 } };
    const run = (days = keep) => createRetention({ records, series, evidence, keep: days, clock, log }).run();
    await run();

    const ids = async (table: 'events' | 'evidence') =>
      (await records.db.selectFrom(table).select('id').execute()).map((row) => row.id);
    expect(await ids('events')).toEqual([`event-${recent}`]);
    expect(await ids('evidence')).toEqual([`piece-${recent}`, 'shot']);
    // The same bytes belong to a piece that is still kept.
    expect(await evidence.has(sha256)).toBe(true);
    const query = { deviceId: 'd', field: 'f', from: 0, to: now, stepMs: DAY_MS };
    expect((await series.query(query)).points.map(([at]) => at)).toEqual([recent - (recent % DAY_MS)]);

    // Each kind of evidence has its own time: clips stay when pictures go.
    await run({ ...keep, evidenceDays: { ...keep.evidenceDays, picture: 1, track: 1 } });
    expect(await ids('evidence')).toEqual([`piece-${recent}`]);

    await run({ ...keep, evidenceDays: { ...keep.evidenceDays, clip: 10 } });
    expect(await evidence.has(sha256)).toBe(false);
  });

  it('keeps of what cameras saw the newest of each, as long as pictures are kept', async () => {
    const { records, series, evidence, clock, log } = real.hub.services;
    const now = clock.now();
    const bytes = [Buffer.from('one'), Buffer.from('two')];
    const hashes = bytes.map((one) => createHash('sha256').update(one).digest('hex'));
    for (const [index, sha256] of hashes.entries()) await evidence.put(sha256, bytes[index] as Buffer);
    const [first = '', second = ''] = hashes;
    const row = (id: string, deviceId: string, sha256: string, days: number) => {
      const at = now - days * DAY_MS;
      return { id, deviceId, communityId: 'c', sha256, bytes: 3, at, storedAt: at };
    };
    await records.db
      .insertInto('cameraPictures')
      .values([row('a1', 'a', first, 3), row('a2', 'a', second, 2), row('b1', 'b', second, 40)])
      .execute();
    const keep = { seriesDays: 30, eventsDays: 30, evidenceDays: { clip: 30, picture: 30, track: 30, raw: 30 } };
    await createRetention({ records, series, evidence, keep, clock, log }).run();
    const left = await records.db.selectFrom('cameraPictures').select('id').execute();
    expect(left.map(({ id }) => id)).toEqual(['a2']);
    expect([await evidence.has(first), await evidence.has(second)]).toEqual([false, true]);
  });
});
