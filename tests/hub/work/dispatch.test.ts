import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answerer, type HttpReceiver, startHttpReceiver } from '../notifiers/servers.ts';
import { type HubWorld, MINUTE, raised, START_AT, startHubWorld } from './hub-world.ts';

let world: HubWorld;
let http: HttpReceiver;
let answer: Answerer;
beforeEach(async () => {
  answer = () => ({});
  http = await startHttpReceiver((received) => answer(received));
  world = await startHubWorld();
});
afterEach(async () => {
  await world.stop();
  await http.stop();
});

const SECRET = 'a-secret-of-a-webhook';

async function channel(notifier = 'webhook', config: object = { url: http.url, secret: SECRET }): Promise<string> {
  const { body } = await world.as('root').post('/api/channels', { notifier, name: notifier, config });
  const wish = { occasions: ['alarm'] };
  expect(
    (await world.as('root').post('/api/subscriptions', { channelId: body.id, forChannel: true, wish })).status,
  ).toBe(201);
  return body.id;
}

const log = async (channelId: string) => (await world.as('root').get(`/api/notices?channelId=${channelId}`)).body.items;
const minor = (index: number) => ({
  deviceId: `bin-${index}`,
  kind: 'smart-bin',
  rule: 'full',
  severity: 'notice',
  lifeSafety: false,
});

describe('a receiver in trouble', () => {
  it('is tried again with growing pauses, across a restart, until it takes the message', async () => {
    answer = () => ({ status: 503 });
    const id = await channel();
    await world.say([raised('a1', START_AT)]);
    await world.advance(30_000, 1_000);
    expect(http.received).toHaveLength(3); // at once, after 5 s, after 15 s more
    await world.restart();
    answer = () => ({});
    await world.advance(60_000, 1_000);
    expect(http.received).toHaveLength(4);
    expect(await log(id)).toMatchObject([{ status: 'delivered', attempts: 4 }]);
    const ids = http.received.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(ids).size).toBe(1);
  });

  it('is waited for as long as it asks', async () => {
    answer = () => ({ status: 429, headers: { 'retry-after': '120' } });
    await channel();
    await world.say([raised('a1', START_AT)]);
    answer = () => ({});
    await world.advance(119_000, 1_000);
    expect(http.received).toHaveLength(1);
    await world.advance(2_000, 1_000);
    expect(http.received).toHaveLength(2);
  });

  it('that refuses is not asked again, and the log says why', async () => {
    answer = () => ({ status: 401 });
    const id = await channel();
    await world.say([raised('a1', START_AT)]);
    await world.advance(10 * MINUTE, MINUTE);
    expect(http.received).toHaveLength(1);
    expect(await log(id)).toMatchObject([{ status: 'rejected', reason: 'the receiver answered 401' }]);
  });

  it('is given up when it is not worth telling any more: after two hours, for life safety after a day', async () => {
    answer = () => ({ status: 500 });
    const id = await channel();
    await world.say([raised('a1', START_AT), raised('b1', START_AT, minor(1))]);
    await world.restart(3 * 60 * MINUTE);
    expect(
      (await log(id)).map(({ alarmId, status }: { alarmId: string; status: string }) => `${alarmId} ${status}`).sort(),
    ).toEqual(['a1 queued', 'b1 given-up']);
  });

  it('delays no other channel', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    await channel('webhook', { url: `http://127.0.0.1:${port}`, secret: SECRET });
    await channel();
    void world.hub.services.alarms.transact(({ addFacts }) => addFacts([raised('a1', START_AT)]));
    await expect.poll(() => http.received.length, { timeout: 60_000 }).toBe(1);
    world.clock.advanceBy(16_000); // the attempt's time is over
    await world.settled();
    silent.close();
  });
});

describe('the limit of a receiver', () => {
  it('spreads a burst over minutes, dangers first, also across a restart', async () => {
    answer = () => ({ body: { errcode: 0 } });
    const id = await channel('wecom', { url: http.url });
    await world.say(Array.from({ length: 30 }, (_, index) => raised(`b${index}`, START_AT, minor(index))));
    expect(http.received).toHaveLength(18);
    await world.say([raised('fire', START_AT)]);
    await world.restart(30_000);
    expect(http.received).toHaveLength(18);
    await world.advance(30_000, 1_000);
    expect(http.received).toHaveLength(31);
    expect(String(http.received[18]?.body)).toContain('火警');
    expect((await log(id)).every((line: { status: string }) => line.status === 'delivered')).toBe(true);
  });
});

describe('channels', () => {
  it('never show a secret, keep it when it is sent back as dots, and tell how a test went', async () => {
    const id = await channel();
    const list = (await world.as('root').get('/api/channels')).body;
    expect(JSON.stringify(list)).not.toContain(SECRET);
    expect(JSON.stringify((await world.as('guard').get('/api/channels')).body)).not.toContain(http.url);
    const shown = list.items.find((item: { id: string }) => item.id === id);
    const { notifier, config } = shown;
    expect((await world.as('root').put(`/api/channels/${id}`, { notifier, name: '新名', config })).status).toBe(200);
    expect((await world.as('root').post(`/api/channels/${id}/test`)).body).toEqual({ outcome: 'delivered' });
    expect(http.received).toHaveLength(1);
    expect((await world.as('wang').post(`/api/channels/${id}/test`)).status).toBe(403);
    const bad = await world.as('root').post('/api/channels', { notifier: 'email', name: 'x', config: { host: 1 } });
    expect(bad.status).toBe(422);
    expect(bad.body.error.details.map((fault: { path: string }) => fault.path)).toContain('/config/host');
    expect((await world.as('root').get('/api/notifiers')).body.items).toHaveLength(9);
  });

  it('is off when switched off, and gone with its subscriptions', async () => {
    const id = await channel();
    await world.as('root').put(`/api/channels/${id}`, {
      notifier: 'webhook',
      name: 'w',
      enabled: false,
      config: { url: http.url, secret: SECRET },
    });
    await world.say([raised('a1', START_AT)]);
    expect(http.received).toHaveLength(0);
    expect((await world.as('root').delete(`/api/channels/${id}`)).status).toBe(204);
    expect((await world.as('root').get('/api/subscriptions')).body.items).toEqual([]);
  });
});

describe('the console', () => {
  it('shows a notice to the person it is for, and writes it into the history of the alarm', async () => {
    const seen: { type: string; only: ((viewer: never) => boolean) | undefined; data: { title: string } }[] = [];
    world.hub.services.live.subscribe((event) => seen.push(event as never));
    await world.say([raised('a1', START_AT)]);
    const notice = seen.find((event) => event.type === 'notice');
    expect(notice?.data.title).toBe('火警 3号楼2单元5层502');
    expect(notice?.only?.({ username: 'guard' } as never)).toBe(true);
    expect(notice?.only?.({ username: 'wang' } as never)).toBe(false);
    const { body } = await world.as('guard').get('/api/alarms/a1');
    expect(body.history.find((line: { what: string }) => line.what === 'notified')).toMatchObject({
      detail: { notifier: 'console', to: 'guard', outcome: 'delivered' },
    });
  });
});

describe('operation', () => {
  it('counts work orders and notices for Prometheus', async () => {
    answer = () => ({ status: 503 });
    await channel();
    await world.say([raised('a1', START_AT)]);
    await world.advance(6 * MINUTE, MINUTE);
    const metrics = String((await world.as('').get('/metrics')).body);
    expect(metrics).toContain('linli_hub_tickets{community="garden",state="open"} 1');
    expect(metrics).toContain('linli_hub_tickets_overdue{community="garden"} 1');
    expect(metrics).toContain('linli_hub_notices_queued{notifier="webhook"} 1');
    expect(metrics).toMatch(/linli_hub_notices_total\{notifier="webhook",outcome="retry"\} [1-9]/);
  });

  it('counts the alarms of cameras by what guards said of them', async () => {
    const camera = { deviceId: 'cam-1', kind: 'high-throw-camera', rule: 'falling-object', lifeSafety: false };
    await world.say([raised('a1', START_AT, camera), raised('a2', START_AT, camera), raised('a3', START_AT, camera)]);
    for (const alarmId of ['a1', 'a2'])
      await world.hub.services.alarms.act({
        alarmId,
        action: { type: 'verdict', verdict: 'false', label: 'bird' },
        username: 'guard',
      });
    const metrics = String((await world.as('').get('/metrics')).body);
    const name = 'linli_hub_camera_alarms_per_day{community="garden",device="cam-1"';
    expect(metrics).toContain(`${name},verdict="false"} 2`);
    expect(metrics).toContain(`${name},verdict="none"} 1`);
  });

  it('keeps the sent-log for a season, and what is still queued for longer', async () => {
    await channel();
    await world.say([raised('a1', START_AT)]);
    await world.restart(93 * 24 * 60 * MINUTE);
    const { body } = await world.as('root').get('/api/notices?alarmId=a1&status=delivered');
    expect(body.items.map((line: { createdAt: number }) => line.createdAt)).not.toContain(START_AT);
  });
});
