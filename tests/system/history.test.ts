/** What a gateway kept through a cut link arrives marked, row by row, and what it said before and after does not. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Joined, SMOKE, startJoined } from './joined.ts';

let street: Joined;
beforeAll(async () => {
  street = await startJoined();
}, 120_000);
afterAll(() => street?.stop());

const FROM = Date.now() - 60_000;
/** The second of the reading is its number. */
const at = (second: number) => FROM - (FROM % 1_000) + second * 1_000;

it('rows of while the link was cut carry the mark of history, and no others', { timeout: 120_000 }, async () => {
  const say = (channel: string, payload: object) =>
    street.smoke.publishAsync(`${SMOKE}/${channel}`, JSON.stringify(payload), { qos: 1 });
  const read = (second: number) =>
    say('telemetry', { smokeDbPerM: second / 100, temperatureCelsius: 20, at: at(second) });
  const series = async (field: string) =>
    (await street.real.admin.get(`/api/devices/smoke-1/series?field=${field}&from=${at(0)}&to=${at(30)}&stepMs=1000`))
      .body;
  const events = async () => (await street.real.admin.get('/api/events?deviceId=smoke-1')).body.items;

  for (const second of [1, 2]) await read(second);
  await say('event', { type: 'test' });
  await expect.poll(async () => (await series('smokeDbPerM')).points.length, { timeout: 20_000 }).toBe(2);
  await expect.poll(async () => (await events()).length, { timeout: 20_000 }).toBe(1);

  street.link.cut();
  await street.linked(false);
  for (const second of [11, 12, 13]) await read(second);
  await say('event', { type: 'fault', code: 'battery' });
  street.link.restore();
  await street.linked(true);
  await expect.poll(async () => (await series('smokeDbPerM')).points.length, { timeout: 30_000 }).toBe(5);

  await read(21);
  await say('event', { type: 'muted' });
  await expect.poll(async () => (await series('smokeDbPerM')).points.length, { timeout: 20_000 }).toBe(6);
  await expect.poll(async () => (await events()).length, { timeout: 20_000 }).toBe(3);

  for (const field of ['smokeDbPerM', 'temperatureCelsius'])
    expect((await series(field)).history, field).toEqual([at(11), at(12), at(13)]);
  const marks = (await events()).map(({ type, history }: { type: string; history: boolean }) => [type, history]);
  expect(new Map(marks)).toEqual(
    new Map([
      ['test', false],
      ['fault', true],
      ['muted', false],
    ]),
  );
});
