/** What gateways refused of their devices: stored once, bounded, seen by their own community only. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, type RealHub, startRealHub, type TestGateway } from './real-hub.ts';

const START = 1_760_000_000_000;
let real: RealHub;
let gateway: TestGateway;
let other: TestGateway;
let guard: Person;

beforeAll(async () => {
  real = await startRealHub();
  gateway = await real.gateway('gw-a', 'garden');
  other = await real.gateway('gw-b', 'old-lane');
  guard = await real.person('guard', ['garden']);
}, 120_000);
afterAll(() => real?.stop());

const letter = (id: string, at = START, change: Record<string, unknown> = {}) => ({
  type: 'dead-letter',
  id,
  deviceId: 'smoke-1',
  kind: 'smoke-detector',
  communityId: 'garden',
  topic: 'linli/garden/smoke-detector/smoke-1/telemetry',
  at,
  reason: 'not-json',
  bytes: 12_345,
  sample: '{"烟雾',
  ...change,
});
const idsOf = async (person: Person, query = '') =>
  (await person.get(`/api/dead-letters${query}`)).body.items.map(({ id }: { id: string }) => id);

describe('a dead letter', () => {
  it('is stored once, with what was refused', async () => {
    await gateway.send('event', [letter('one'), letter('one')]);
    await gateway.send('event', [letter('one'), letter('two', START + 1, { deviceId: 'smoke-2' })]);
    const { items } = (await guard.get('/api/dead-letters')).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual(['two', 'one']);
    const { type: _type, ...said } = letter('one');
    expect(items[1]).toEqual({ ...said, gatewayId: 'gw-a', storedAt: expect.any(Number) });
    expect(await idsOf(guard, '?deviceId=smoke-2')).toEqual(['two']);
    expect(await idsOf(guard, '?gatewayId=gw-b')).toEqual([]);
  });

  it('is read page by page', async () => {
    const first = (await guard.get('/api/dead-letters?limit=1')).body;
    expect(first.items).toMatchObject([{ id: 'two' }]);
    const second = (await guard.get(`/api/dead-letters?limit=1&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({ items: [{ id: 'one' }], nextCursor: null });
  });

  it('of another community is neither seen nor taken', async () => {
    const theirs = { communityId: 'old-lane' };
    const ack = await other.send('event', [letter('forged'), letter('theirs', START, theirs)]);
    expect(ack.rejected?.map(({ index }) => index)).toEqual([0]);
    expect(await idsOf(guard)).toEqual(['two', 'one']);
    expect(await idsOf(await real.person('guard', ['old-lane']))).toEqual(['theirs']);
    expect(await idsOf(real.admin)).toEqual(['two', 'theirs', 'one']);
    expect((await guard.get('/api/dead-letters?communityId=old-lane')).status).toBe(403);
  });

  it('that could not be shown is rejected', async () => {
    const ack = await gateway.send('event', [
      letter('nul', START, { sample: 'a\u0000b' }),
      letter('long', START, { sample: 'x'.repeat(201) }),
    ]);
    expect(ack.rejected?.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('makes room for newer ones of its gateway, and a clock that runs ahead does not keep it', async () => {
    const many = Array.from({ length: 2_100 }, (_, index) => letter(`many-${index}`, START + 10 + index));
    await gateway.send('event', many);
    const far = Date.now() + 1_000_000_000;
    await gateway.send('event', [letter('ahead', far)]);
    expect(await idsOf(guard, '?limit=3')).toEqual(['ahead', 'many-2099', 'many-2098']);
    expect((await guard.get('/api/dead-letters?limit=1')).body.items[0].at).toBeLessThan(far);
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: { id: string }[]; nextCursor: string | null } = (
        await guard.get(`/api/dead-letters?limit=500${cursor && `&cursor=${cursor}`}`)
      ).body;
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(ids).toHaveLength(2_000);
    expect(ids).not.toContain('one');
    expect(await idsOf(real.admin, '?gatewayId=gw-b')).toEqual(['theirs']);
  }, 60_000);
});
