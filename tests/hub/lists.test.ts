/** Lists that are newest first, page by page: nothing twice, nothing left out, also of one and the same instant. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealHub, startRealHub, type TestGateway } from './real-hub.ts';

const AT = 1_760_000_000_000;
let real: RealHub;
let gateway: TestGateway;

beforeAll(async () => {
  real = await startRealHub();
  gateway = await real.gateway('gw-a', 'garden');
  const where = { deviceId: 'smoke-1', kind: 'smoke-detector', communityId: 'garden' };
  const numbers = Array.from({ length: 25 }, (_, index) => index);
  const at = (index: number) => AT + Math.floor(index / 4);
  await gateway.send('event', [
    ...numbers.map((index) => ({
      type: 'event',
      id: `e-${index}`,
      ...where,
      at: at(index),
      receivedAt: AT,
      quality: 'good',
      event: 'test',
      fields: {},
    })),
    ...numbers.map((index) => ({
      type: 'dead-letter',
      id: `d-${index}`,
      ...where,
      topic: 'linli',
      at: at(index),
      reason: 'not-json',
      bytes: 1,
      sample: '{',
    })),
  ]);
  await gateway.send(
    'alarm',
    numbers.map((index) => ({
      type: 'gap',
      id: `g-${index}`,
      lane: 'telemetry',
      deviceId: 'smoke-1',
      fromAt: AT,
      toAt: at(index),
      count: 1,
      reason: 'size-cap',
    })),
  );
  for (let index = 0; index < 6; index += 1)
    await real.admin.post('/api/communities', { id: `c-${index}`, name: `c${index}`, type: '商品房' });
}, 120_000);
afterAll(() => real?.stop());

describe.for([
  ['events', 'at', 25],
  ['dead-letters', 'at', 25],
  ['gaps', 'toAt', 25],
  ['audit', 'at', 6],
] as const)('the list of %s', ([list, column, countMin]) => {
  it('is read whole in pages of three', async () => {
    const items: { id: string; [key: string]: unknown }[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: typeof items; nextCursor: string | null } = (
        await real.admin.get(`/api/${list}?limit=3${cursor && `&cursor=${cursor}`}`)
      ).body;
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(items.length).toBeGreaterThanOrEqual(countMin);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    const times = items.map((item) => Number(item[column]));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const whole = (await real.admin.get(`/api/${list}?limit=500`)).body.items;
    expect(items).toEqual(whole);
  });

  it('refuses what is no cursor', async () => {
    expect((await real.admin.get(`/api/${list}?cursor=nonsense`)).status).toBe(422);
  });
});
