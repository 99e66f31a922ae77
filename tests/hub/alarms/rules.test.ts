import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RealHub, startRealHub, type TestGateway } from '../real-hub.ts';

let real: RealHub;
let gateway: TestGateway;

beforeAll(async () => {
  real = await startRealHub();
  gateway = await real.gateway('gw-1', 'jinxiu');
  const enrolled = await real.admin.post('/api/devices', {
    id: 'bin-1',
    kind: 'smart-bin',
    communityId: 'jinxiu',
    location: {},
  });
  expect(enrolled.status).toBe(201);
});
afterAll(() => real.stop());

const rule = {
  id: 'full',
  type: 'threshold',
  severity: 'minor',
  title: { zh: '垃圾桶满溢', en: 'Bin full' },
  with: { field: 'fillPercent', above: 70, clearBelow: 40 },
};
const put = (scope: string, id: string, more: object = {}) =>
  real.admin.call('PUT', '/api/rules', { communityId: 'jinxiu', scope, id, rule: { ...rule, ...more } });

/** The newest rules that went down to the gateway. */
async function sentDown() {
  let last: { version: number; overrides: unknown[]; windows?: unknown[] | undefined } | undefined;
  await vi.waitFor(() => {
    const bodies = gateway.downlinks.map((one) => one.body).filter((body) => body.type === 'rules');
    expect(bodies.length).toBeGreaterThan(0);
    last = bodies.at(-1);
  });
  return last;
}

test('an override shows where it comes from and what it replaces, and goes down to the gateway', async () => {
  expect((await put('kind', 'smart-bin')).status).toBe(200);
  expect((await put('device', 'bin-1', { enabled: false })).status).toBe(200);
  const { body } = await real.admin.get('/api/devices/bin-1/rules');
  const full = body.items.find((one: { rule: { id: string } }) => one.rule.id === 'full');
  expect(full).toMatchObject({
    from: 'device',
    rule: { enabled: false },
    instead: [
      { from: 'kind', rule: { with: { above: 70 } } },
      { from: 'default', rule: { with: { above: 90 } } },
    ],
  });
  expect(body.items.find((one: { rule: { id: string } }) => one.rule.id === 'silent').from).toBe('default');
  await vi.waitFor(async () => expect((await sentDown())?.overrides).toHaveLength(2));

  const ofKind = (await real.admin.get('/api/rules/effective?communityId=jinxiu&kind=smart-bin')).body.items;
  expect(ofKind.find((one: { rule: { id: string } }) => one.rule.id === 'full')).toMatchObject({
    from: 'kind',
    rule: { with: { above: 70 } },
    instead: [{ from: 'default' }],
  });

  const reset = await real.admin.call('DELETE', '/api/rules?communityId=jinxiu&scope=device&id=bin-1&ruleId=full');
  expect(reset.body.items).toHaveLength(1);
  const again = await real.admin.call('DELETE', '/api/rules?communityId=jinxiu&scope=device&id=bin-1&ruleId=full');
  expect(again.status).toBe(404);
});

test('a gateway shows the rules that it is to run beside those that it runs', async () => {
  await put('kind', 'smart-bin', { enabled: false });
  const rules = async () => (await real.admin.get('/api/gateways/gw-1')).body.rules;
  const version = (await sentDown())?.version;
  await vi.waitFor(async () => expect((await sentDown())?.overrides).toHaveLength(1));
  const before = (await rules()).wanted;
  expect(before).toBeGreaterThanOrEqual(version ?? Number.POSITIVE_INFINITY);
  await put('kind', 'smart-bin');
  await vi.waitFor(async () => expect((await rules()).wanted).toBeGreaterThan(before));
  await vi.waitFor(async () => expect(await sentDown()).toMatchObject({ version: (await rules()).wanted }));
});

test('an acknowledgement of earlier rules never counts for later ones that crossed it', async () => {
  const { downlinks, records } = real.hub.services;
  const body = (version: number) => ({ type: 'rules' as const, version, overrides: [] });
  await downlinks.queue(records.db, 'gw-away', body(1));
  const onItsWay = await downlinks.next('gw-away');
  await downlinks.queue(records.db, 'gw-away', body(2));
  await downlinks.acknowledge('gw-away', onItsWay?.seq ?? 0);
  expect(await downlinks.next('gw-away')).toMatchObject({ body: { version: 2 } });
  await records.db.deleteFrom('downlinks').where('gatewayId', '=', 'gw-away').execute();
});

test('a target that is not there is refused and nothing is sent', async () => {
  expect((await put('kind', 'no-such-kind')).status).toBe(422);
  expect((await put('device', 'no-such-device')).status).toBe(422);
  expect((await put('community', 'another')).status).toBe(422);
});

test('a rule that no gateway could run is refused, with the path of each fault', async () => {
  const refused = async (more: object) => {
    const answer = await put('kind', 'smart-bin', more);
    expect(answer.status, JSON.stringify(more)).toBe(422);
    return answer.body.error.details.map((one: { path: string }) => one.path);
  };
  expect(await refused({ type: 'treshold' })).toEqual(['/rule/type']);
  expect(await refused({ with: { field: 'fillPercent' } })).toEqual(['/rule/with']);
  expect(await refused({ with: { field: 'fillPercent', above: 'much', onDelayMs: -1 } })).toEqual([
    '/rule/with/above',
    '/rule/with/onDelayMs',
  ]);
  expect(await refused({ with: { field: 'fillPercent', above: 70, abvoe: 1 } })).toEqual(['/rule/with/abvoe']);
  expect(await refused({ with: { field: 'fillPrecent', above: 70 } })).toEqual(['/rule/with/field']);
  expect(await refused({ type: 'event', with: { event: 'on-fire' } })).toEqual(['/rule/with/event']);
  const late = { field: 'fillPercent', above: 70, only: { from: '25:00' } };
  expect(await refused({ with: late })).toEqual(['/rule/with/only/from']);
  // Opt-in, and known to the policies by its name.
  const care = { type: 'care', with: { consent: false, personRef: 'p-7' } };
  expect(await refused(care)).toEqual(['/rule/id']);
  expect(await refused({ ...care, id: 'care-p-7' })).toEqual(['/rule/with/consent']);
  // What is refused is not kept.
  expect((await real.admin.get('/api/rules?communityId=jinxiu')).body.items).toHaveLength(1);
});

test('the types of rules are answered with the schema of their parameters', async () => {
  const { body } = await real.admin.get('/api/rule-types');
  const types = new Map(body.items.map((one: { id: string }) => [one.id, one]));
  expect(types.size).toBe(13);
  expect(types.get('threshold')).toMatchObject({
    title: { zh: '阈值' },
    schema: {
      type: 'object',
      properties: { above: { type: 'number' }, onDelayMs: { default: 0 } },
      required: ['field'],
    },
    common: { properties: { only: { type: 'object' } } },
  });
});

test('a planned silence has an end, goes down, and can be withdrawn', async () => {
  const now = Date.now();
  const plan = { communityId: 'jinxiu', type: 'fire-test', reason: '季度测试', match: { building: '3' } };
  const ended = await real.admin.post('/api/mute-windows', { ...plan, fromAt: now - 2, untilAt: now - 1 });
  expect(ended.status).toBe(422);
  const set = await real.admin.post('/api/mute-windows', { ...plan, fromAt: now, untilAt: now + 3_600_000 });
  expect(set).toMatchObject({ status: 201, body: { by: 'admin', type: 'fire-test' } });
  await vi.waitFor(async () => expect((await sentDown())?.windows).toMatchObject([{ id: set.body.id }]));
  const removed = await real.admin.call('DELETE', `/api/mute-windows/${set.body.id}`);
  expect(removed.body.items).toEqual([]);
  await vi.waitFor(async () => expect((await sentDown())?.windows).toEqual([]));
});

test('inhibition rules are the defaults until a community says otherwise, and go down whole', async () => {
  const list = async () => (await real.admin.get('/api/inhibitions?communityId=jinxiu')).body.items;
  const sent = async () =>
    ((await sentDown()) as { inhibitions?: { id: string }[] } | undefined)?.inhibitions?.map(({ id }) => id);
  expect((await list()).map((one: { from: string }) => one.from)).toEqual(['default', 'default']);
  const own = {
    id: 'power-out',
    when: { rules: ['power-lost'] },
    mutes: { severities: ['minor'] },
    same: 'building',
    reason: '整栋停电',
  };
  const put = (inhibition: object, enabled = true) =>
    real.admin.call('PUT', '/api/inhibitions', { communityId: 'jinxiu', inhibition, enabled });
  expect((await put(own)).status).toBe(200);
  const battery = (await list()).find((one: { inhibition: { id: string } }) => one.inhibition.id === 'silent-battery');
  expect((await put(battery.inhibition, false)).status).toBe(200);
  await vi.waitFor(async () => expect(await sent()).toEqual(['silent-upstream', 'power-out']));
  expect(await list()).toMatchObject([
    { from: 'default', enabled: true },
    { from: 'community', enabled: true, changedBy: 'admin', inhibition: own },
    { from: 'community', enabled: false, inhibition: { id: 'silent-battery' } },
  ]);
  // It would mute everything, or nothing.
  expect((await put({ ...own, when: {} })).body.error.details).toMatchObject([{ path: '/inhibition/when' }]);
  expect((await put({ ...own, mutes: { rules: [] } })).body.error.details).toMatchObject([
    { path: '/inhibition/mutes' },
  ]);
  const remove = (id: string) => real.admin.call('DELETE', `/api/inhibitions?communityId=jinxiu&id=${id}`);
  expect((await remove('silent-battery')).status).toBe(200);
  expect((await remove('power-out')).status).toBe(200);
  expect((await remove('power-out')).status).toBe(404);
  await vi.waitFor(async () => expect(await sent()).toEqual(['silent-upstream', 'silent-battery']));
});

test('a guard may look and not tune; another community is not there', async () => {
  const guard = await real.person('guard', ['jinxiu']);
  expect((await guard.get('/api/rules?communityId=jinxiu')).status).toBe(200);
  expect(
    (await guard.call('PUT', '/api/rules', { communityId: 'jinxiu', scope: 'kind', id: 'smart-bin', rule })).status,
  ).toBe(403);
  expect((await guard.get('/api/rules?communityId=hongqi')).status).toBe(403);
});
