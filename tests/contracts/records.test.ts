/** What the hub does with its records must be the same on SQLite and on a real PostgreSQL. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programOrSkip } from '../../tools/programs.ts';
import { type Person, type RealHub, raised, startRealHub, type TestGateway } from '../hub/real-hub.ts';
import { type Server, startPostgres } from './servers.ts';

const MANY = 320;

function suite(name: string, isAvailable: () => boolean, open: () => Promise<{ url: string; close(): Promise<void> }>) {
  describe.skipIf(!isAvailable())(`records in ${name}`, () => {
    let database: Awaited<ReturnType<typeof open>>;
    let real: RealHub;
    let gateway: TestGateway;
    let guard: Person;
    beforeAll(async () => {
      database = await open();
      real = await startRealHub({ LINLI_RECORDS_URL: database.url });
      gateway = await real.gateway('gw-a', 'garden');
      guard = await real.person('guard', ['garden']);
    }, 120_000);
    afterAll(async () => {
      await real?.stop();
      await database?.close();
    });

    it('stores a fact once, however often it comes', async () => {
      const fact = raised(gateway, 'once');
      await gateway.send('urgent', [fact, fact]);
      await gateway.send('alarm', [fact]);
      const alarm = await guard.get('/api/alarms/once');
      expect(alarm.body.history.filter((line: { what: string }) => line.what === 'raised')).toHaveLength(1);
      expect(alarm.body).toMatchObject({ state: 'unacked', count: 1, communityId: 'garden', deviceId: 'smoke-1' });
    });

    it('takes a lazy transaction whole or not at all, and forces the next one onto the disk again', async () => {
      const { records } = real.hub.services;
      const row = (id: string) => ({ id, name: id, type: '商品房', createdAt: 1 });
      await records.lazily((trx) => trx.insertInto('communities').values(row('lazy')).execute());
      const failed = records.lazily(async (trx) => {
        await trx.insertInto('communities').values(row('torn')).execute();
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      const rows = await records.db
        .selectFrom('communities')
        .select('id')
        .where('id', 'in', ['lazy', 'torn'])
        .execute();
      expect(rows).toEqual([{ id: 'lazy' }]);
      const level = database.url.startsWith('sqlite:')
        ? await sql<{ synchronous: number }>`pragma synchronous`.execute(records.db)
        : await sql<{ level: string }>`select current_setting('synchronous_commit') as level`.execute(records.db);
      expect(level.rows).toEqual(database.url.startsWith('sqlite:') ? [{ synchronous: 2 }] : [{ level: 'on' }]);
    });

    it('keeps both words when two people act on one alarm at the same time', async () => {
      await gateway.send('urgent', [raised(gateway, 'both')]);
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => guard.post('/api/alarms/both/comment', { text: `第${index}句` })),
      );
      expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 200));
      const { history } = (await guard.get('/api/alarms/both')).body;
      expect(history.filter((line: { what: string }) => line.what === 'commented')).toHaveLength(10);
    });

    it('lets one of two acknowledgements win and answers the other with a conflict', async () => {
      await gateway.send('urgent', [raised(gateway, 'race')]);
      const answers = await Promise.all([1, 2, 3].map(() => guard.post('/api/alarms/race/ack')));
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
    });

    it('undoes everything of a transaction that fails', async () => {
      const { alarms, records } = real.hub.services;
      await expect(
        alarms.transact(async ({ addFacts }) => {
          await addFacts([raised(gateway, 'undone').fact]);
          throw new Error('after the fact');
        }),
      ).rejects.toThrow('after the fact');
      expect(await alarms.get('undone')).toBeUndefined();
      const rows = await records.db.selectFrom('alarmFacts').select('id').where('alarmId', '=', 'undone').execute();
      expect(rows).toEqual([]);
    });

    it('pages through all alarms, newest first, each once', async () => {
      const base = 1_700_000_000_000;
      const facts = Array.from({ length: MANY }, (_, index) =>
        // Several share one instant, so that the id must break the tie.
        raised(gateway, `page-${index}`, {
          at: base + Math.floor(index / 7),
          deviceId: 'paged',
          body: { severity: 'notice', lifeSafety: false },
        }),
      );
      for (let start = 0; start < MANY; start += 160) await gateway.send('alarm', facts.slice(start, start + 160));
      const seen: { id: string; firstAt: number }[] = [];
      let cursor = '';
      do {
        const { body } = await guard.get(`/api/alarms?deviceId=paged&limit=100${cursor && `&cursor=${cursor}`}`);
        seen.push(...body.items);
        cursor = body.nextCursor ?? '';
      } while (cursor);
      expect(new Set(seen.map((alarm) => alarm.id)).size).toBe(MANY);
      expect(seen).toHaveLength(MANY);
      const times = seen.map((alarm) => alarm.firstAt);
      expect(times).toEqual([...times].sort((a, b) => b - a));
    });

    it('filters by state, severity, device and time', async () => {
      await gateway.send('alarm', [
        raised(gateway, 'filter-1', { deviceId: 'filtered', at: 1_000, body: { severity: 'minor' } }),
        raised(gateway, 'filter-2', { deviceId: 'filtered', at: 2_000 }),
        raised(gateway, 'filter-3', { deviceId: 'filtered', at: 3_000 }),
      ]);
      await guard.post('/api/alarms/filter-3/ack');
      const ids = async (query: string) =>
        (await guard.get(`/api/alarms?deviceId=filtered&${query}`)).body.items.map((alarm: { id: string }) => alarm.id);
      expect(await ids('')).toEqual(['filter-3', 'filter-2', 'filter-1']);
      expect(await ids('severity=minor')).toEqual(['filter-1']);
      expect(await ids('state=acked')).toEqual(['filter-3']);
      expect(await ids('state=acked,unacked&severity=critical')).toEqual(['filter-3', 'filter-2']);
      expect(await ids('from=2000&to=3000')).toEqual(['filter-2']);
    });

    it('keeps instants of this century and texts in Chinese as they were said', async () => {
      const at = 4_102_444_800_123;
      await gateway.send('alarm', [
        raised(gateway, 'future', { at, body: { title: { zh: '烟雾报警“🔥”', en: "it's" } } }),
      ]);
      const { body } = await guard.get('/api/alarms/future');
      expect(body).toMatchObject({ firstAt: at, title: { zh: '烟雾报警“🔥”', en: "it's" } });
    });

    it('says the same after a restart', { timeout: 90_000 }, async () => {
      const before = (await guard.get('/api/alarms?limit=50')).body;
      await real.restart();
      expect((await guard.get('/api/alarms?limit=50')).body).toEqual(before);
    });
  });
}

suite(
  'SQLite',
  () => true,
  async () => ({ url: 'sqlite:', close: async () => undefined }),
);

const postgres = programOrSkip('postgres');
suite(
  'PostgreSQL (package postgresql)',
  () => postgres !== undefined,
  async () => {
    const server: Server = await startPostgres(postgres ?? '');
    return { url: server.url, close: server.stop };
  },
);
