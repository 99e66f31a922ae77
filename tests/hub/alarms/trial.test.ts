import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type RealHub, startRealHub, type TestGateway, telemetry } from '../real-hub.ts';

const MINUTE = 60_000;
const FROM = Date.now() - 20 * 60 * MINUTE;

let real: RealHub;
let gateway: TestGateway;
let property: Person;

beforeAll(async () => {
  real = await startRealHub();
  gateway = await real.gateway('gw-1', 'jinxiu');
  for (const [id, kind] of [
    ['bin-1', 'smart-bin'],
    ['bin-2', 'smart-bin'],
    ['door-1', 'fire-door'],
  ])
    await real.admin.post('/api/devices', { id, kind, communityId: 'jinxiu', location: {} });
  property = await real.person('property', ['jinxiu']);
  // bin-1 fills three times and is emptied, bin-2 stays low; the door stands open for ten minutes, once.
  const series = (id: string, field: string, kind: string, values: (number | boolean)[]) => ({
    ...telemetry(gateway, id, 0, { [field]: values }),
    kind,
    at: values.map((_, index) => FROM + index * MINUTE),
    receivedAt: values.map((_, index) => FROM + index * MINUTE),
  });
  const minutes = Array.from({ length: 900 }, (_, index) => index);
  await gateway.send('telemetry', [
    series(
      'bin-1',
      'fillPercent',
      'smart-bin',
      minutes.map((index) => (index % 300) / 3),
    ),
    series(
      'bin-2',
      'fillPercent',
      'smart-bin',
      minutes.map(() => 20),
    ),
    series(
      'door-1',
      'doorOpen',
      'fire-door',
      minutes.map((index) => index >= 100 && index < 110),
    ),
  ]);
}, 60_000);
afterAll(() => real.stop());

const full = {
  id: 'full',
  type: 'threshold',
  severity: 'minor',
  title: { zh: '满', en: 'Full' },
  with: { field: 'fillPercent', above: 90, clearBelow: 40 },
};
const order = { communityId: 'jinxiu', kind: 'smart-bin', rule: full, fromAt: FROM, toAt: FROM + 900 * MINUTE };
const tried = (change: object = {}, who = property) => who.post('/api/rule-trials', { ...order, ...change });

test('a rule on trial tells how often it would have fired, on what, and leaves nothing behind', async () => {
  const { status, body } = await tried();
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toMatchObject({ devices: 2, firings: 3, muted: 0, byDevice: [{ deviceId: 'bin-1', firings: 3 }] });
  expect(body.perDay).toBeCloseTo(3 / (900 / 1440), 5);
  // The newest first: filled above 90 at minute 271 of each round of 300.
  expect(Math.round((body.shown[0].at - FROM) / MINUTE)).toBe(871);
  expect(body.shown[2].cause).toMatchObject({ fillPercent: expect.closeTo(90.33, 1) });
  const { db } = real.hub.services.records;
  expect(await db.selectFrom('apiTokens').select('id').execute()).toEqual([]);
  // Nobody is called by a trial.
  expect((await property.get('/api/alarms')).body.items).toEqual([]);
}, 60_000);

test('what a device says as true or false is tried as such, of one device alone', async () => {
  const rule = { ...full, id: 'open', type: 'duration', with: { field: 'doorOpen', is: true, forMs: 5 * MINUTE } };
  const { body } = await tried({ kind: 'fire-door', deviceId: 'door-1', rule });
  expect(body).toMatchObject({ devices: 1, firings: 1, byDevice: [{ deviceId: 'door-1', firings: 1 }] });
  expect(Math.round(body.medianMs / MINUTE)).toBe(5);
  expect((await tried({ deviceId: 'bin-2' })).body).toMatchObject({ devices: 1, firings: 0 });
}, 60_000);

test('a trial that cannot be is refused with the reason', async () => {
  const path = async (change: object) => (await tried(change)).body.error.details[0].path;
  expect(await path({ rule: { ...full, with: { field: 'fillPercent' } } })).toBe('/rule/with');
  expect(await path({ kind: 'no-kind' })).toBe('/kind');
  expect(await path({ toAt: FROM })).toBe('/toAt');
  expect(await path({ toAt: FROM + 32 * 24 * 60 * MINUTE })).toBe('/toAt');
  expect((await tried({ communityId: 'hongqi' })).status).toBe(403);
  expect((await tried({}, await real.person('guard', ['jinxiu']))).status).toBe(403);
  const two = await Promise.all([tried(), tried()]);
  expect(two.map((one) => one.status).sort()).toEqual([200, 409]);
}, 60_000);
