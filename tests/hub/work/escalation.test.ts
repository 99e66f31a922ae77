import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlarmFact } from '../../../core/alarm.ts';
import { startHttpReceiver } from '../notifiers/servers.ts';
import { cleared, type HubWorld, MINUTE, raised, START_AT, startHubWorld } from './hub-world.ts';

let world: HubWorld;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  world = await startHubWorld();
});
afterEach(async () => {
  await world.stop();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Line {
  username: string | null;
  channelId: string;
  type: string;
  status: string;
  createdAt: number;
  reason: string | null;
}

/** The sent-log, oldest first, as "minute type who"; of tickets or of alarms. */
async function told(what: 'alarms' | 'tickets' = 'alarms'): Promise<string[]> {
  const { body } = await world.as('street').get('/api/notices?limit=500');
  return (body.items as Line[])
    .filter(({ type }) => (type === 'ticket') === (what === 'tickets'))
    .sort((a, b) => a.createdAt - b.createdAt || `${a.username}`.localeCompare(`${b.username}`))
    .map(
      ({ createdAt, type, username, channelId }) =>
        `${(createdAt - START_AT) / MINUTE} ${type} ${username ?? channelId}`,
    );
}

const door = { deviceId: 'gate-1', kind: 'access-gate', rule: 'forced-open', severity: 'major', lifeSafety: false };
const ack = (alarmId: string) => world.hub.services.alarms.act({ alarmId, action: { type: 'ack' }, username: 'guard' });

describe('an alarm that nobody acknowledges', () => {
  it('reminds the guard and goes up the chain, exactly when the policy says', async () => {
    await world.say([raised('a1', START_AT, door)]);
    await world.advance(31 * MINUTE, 30_000);
    expect(await told()).toEqual([
      '0 alarm guard',
      '5 reminder guard',
      '10 escalation wang',
      '10 escalation zhao',
      '20 reminder wang',
      '20 reminder zhao',
      '30 escalation committee',
    ]);
    const { body } = await world.as('guard').get('/api/alarms/a1');
    const escalated = body.history.filter((line: { what: string }) => line.what === 'escalated');
    expect(escalated.map((line: { at: number }) => (line.at - START_AT) / MINUTE)).toEqual([10, 30]);
  });

  it('goes on at the exact minute when the hub is restarted in the middle, and repeats nothing', async () => {
    await world.say([raised('a1', START_AT, door)]);
    await world.restart(2 * MINUTE);
    await world.advance(3 * MINUTE, MINUTE);
    await world.restart(4 * MINUTE);
    await world.advance(1 * MINUTE, 30_000);
    expect(await told()).toEqual(['0 alarm guard', '5 reminder guard', '10 escalation wang', '10 escalation zhao']);
  });

  it('tells every step that fell due while the hub was down, once, and then keeps its pace', async () => {
    await world.say([raised('a1', START_AT, door)]);
    await world.restart(40 * MINUTE);
    await world.advance(29 * MINUTE, MINUTE);
    expect(await told()).toEqual([
      '0 alarm guard',
      '40 escalation committee',
      '40 reminder guard',
      '40 escalation wang',
      '40 escalation zhao',
      '60 reminder committee',
    ]);
  });

  it('reaches the committee at once where there is neither guard on duty nor company', async () => {
    await world.hub.services.records.db
      .updateTable('users')
      .set({ disabledAt: START_AT })
      .where('username', '=', 'old-guard')
      .execute();
    await world.say([raised('a1', START_AT, { ...door, communityId: 'old-lane' })]);
    expect(await told()).toEqual(['0 escalation committee']);
  });
});

describe.for([
  ['ahead', 10 * MINUTE],
  ['behind', -10 * MINUTE],
] as const)('a gateway whose clock is ten minutes %s', ([, skewMs]) => {
  const timersGone = () =>
    world.hub.services.records.db.withTables<{ timers: { kind: string } }>().deleteFrom('timers').execute();
  const saidBy = (fact: AlarmFact): AlarmFact => ({ ...fact, at: fact.at + skewMs });

  it('has its alarm told once, though a crash loses the timer of what was told', async () => {
    await world.say([saidBy(raised('a1', world.clock.now(), door))], { skewMs });
    await world.advance(MINUTE);
    await timersGone();
    await world.restart();
    expect(await told()).toEqual(['0 alarm guard']);
  });

  it('has the next raise told that a crash kept from being told', async () => {
    await world.say([saidBy(raised('a1', world.clock.now(), door))], { skewMs });
    await ack('a1');
    await world.advance(5 * MINUTE);
    // Stored by a hub that ends before it tells anybody.
    await world.hub.work.stop();
    const again = raised('a1', world.clock.now(), { ...door, activation: 2, step: 2 });
    await world.hub.services.alarms.transact(({ addFacts }) =>
      addFacts([saidBy(cleared('a1', world.clock.now())), saidBy(again)], { skewMs }),
    );
    await world.restart(MINUTE);
    expect(await told()).toEqual(['0 alarm guard', '6 alarm guard']);
  });

  it('has a mute of its own ended at the true instant, and then people are called', async () => {
    const now = world.clock.now();
    const origin = { type: 'gateway' as const, id: 'gw-garden' };
    const body = { type: 'suppressed' as const, by: 'flood', reason: 'x', untilAt: now + 7 * MINUTE + skewMs };
    const muted = {
      id: 'm1',
      alarmId: 'a1',
      at: now + skewMs,
      skewMs,
      origin,
      author: { type: 'system' as const, id: 'flood' },
      body,
    };
    await world.say([{ ...saidBy(raised('a1', now, door)), skewMs }, muted]);
    const shown = async () => (await world.as('guard').get('/api/alarms/a1')).body;
    expect(await shown()).toMatchObject({
      state: 'suppressed',
      suppressedBy: [{ untilAt: now + 7 * MINUTE }],
      firstAt: now + skewMs,
      skewMs,
    });
    await world.advance(7 * MINUTE - 1);
    expect((await shown()).state).toBe('suppressed');
    await world.advance(1);
    await expect.poll(async () => (await shown()).state, { timeout: 5_000 }).toBe('unacked');
    await world.settled();
    expect(await told()).toContain('7 alarm guard');
  });
});

describe('an incident', () => {
  const linked = (alarmId: string, firstOut: boolean): AlarmFact => ({
    id: `linked-${alarmId}`,
    alarmId,
    at: START_AT,
    origin: { type: 'gateway', id: 'gw-garden' },
    author: { type: 'system', id: 'incidents' },
    body: { type: 'incident-linked', incidentId: 'i1', firstOut },
  });

  it('calls for each of its alarms, is reminded of once, is one job, and passes the word on when its first is seen', async () => {
    const kitchen = { location: { building: '3', unit: '2', floor: 5, room: '502' } };
    await world.say([raised('a1', START_AT, kitchen), linked('a1', true)]);
    await world.say([
      raised('a2', START_AT, { ...kitchen, deviceId: 'gas-1', kind: 'gas-detector', rule: 'gas' }),
      linked('a2', false),
    ]);
    await world.say([raised('a3', START_AT, { ...kitchen, deviceId: 'smoke-2' }), linked('a3', false)]);
    expect((await world.as('wang').get('/api/tickets')).body.items).toMatchObject([{ alarmIds: ['a1', 'a2', 'a3'] }]);
    await world.advance(MINUTE);
    expect(await told()).toEqual(['0 alarm guard', '0 alarm guard', '0 alarm guard', '1 reminder guard']);
    await ack('a1');
    await world.advance(MINUTE);
    const { body } = await world.as('guard').get('/api/notices?alarmId=a2');
    expect(body.items.map((line: Line) => line.type)).toContain('escalation');
    expect((await world.as('guard').get('/api/notices?alarmId=a3')).body.items).toHaveLength(1);
  });
});

describe('an acknowledgement', () => {
  it('ends reminders and escalation, also after a restart', async () => {
    await world.say([raised('a1', START_AT, door)]);
    await world.advance(6 * MINUTE, MINUTE);
    await ack('a1');
    await world.restart(MINUTE);
    await world.advance(60 * MINUTE, 5 * MINUTE);
    expect(await told()).toEqual(['0 alarm guard', '5 reminder guard']);
  });

  it('counts for its own activation: when the alarm comes again, people are told again', async () => {
    await world.say([raised('a1', START_AT, door)]);
    await ack('a1');
    await world.advance(2 * MINUTE);
    await world.say([
      cleared('a1', START_AT + 2 * MINUTE),
      raised('a1', START_AT + 2 * MINUTE, { ...door, activation: 2, step: 2 }),
    ]);
    expect(await told()).toEqual(['0 alarm guard', '2 alarm guard']);
  });

  it('stops what a broken channel still holds', async () => {
    const http = await startHttpReceiver(() => ({ status: 503 }));
    cleanups.push(() => http.stop());
    const config = { url: http.url, secret: 's'.repeat(16) };
    const channel = (await world.as('root').post('/api/channels', { notifier: 'webhook', name: 'w', config })).body;
    const wish = { occasions: ['alarm'] };
    await world.as('root').post('/api/subscriptions', { channelId: channel.id, forChannel: true, wish });
    await world.say([raised('a1', START_AT, door)]);
    expect(http.received).toHaveLength(1);
    await ack('a1');
    await world.settled();
    await world.advance(10 * MINUTE, MINUTE);
    expect(http.received).toHaveLength(1);
    const { body } = await world.as('root').get(`/api/notices?channelId=${channel.id}`);
    expect(body.items).toMatchObject([{ status: 'cancelled', reason: 'acknowledged', attempts: 1 }]);
  });
});

describe('what is over or muted', () => {
  it('is told to nobody: history, a suppressed alarm, a shelved one', async () => {
    await world.say([raised('h1', START_AT - MINUTE), cleared('h1', START_AT)], { history: true });
    await world.say([raised('a1', START_AT, door)]);
    const shelve = { type: 'shelve', untilAt: START_AT + 30 * MINUTE, reason: '维修' } as const;
    await world.hub.services.alarms.act({ alarmId: 'a1', action: shelve, username: 'guard' });
    await world.advance(20 * MINUTE, MINUTE);
    expect(await told()).toEqual(['0 alarm guard']);
  });
});

describe('subscriptions', () => {
  it('reach a person outside quiet hours, and inside them only for life safety', async () => {
    const sms = await startHttpReceiver();
    cleanups.push(() => sms.stop());
    const channel = (
      await world.as('root').post('/api/channels', { notifier: 'sms-http', name: '短信', config: { url: sms.url } })
    ).body;
    const wish = { occasions: ['called'], quiet: { from: '22:00', to: '07:00' } };
    const subscribe = (address: string) =>
      world.as('guard').post('/api/subscriptions', { channelId: channel.id, address, wish });
    expect((await subscribe('not a number')).status).toBe(422);
    expect((await subscribe('13800001111')).status).toBe(201);
    await world.restart(13 * 60 * MINUTE); // 23:00
    const night = START_AT + 13 * 60 * MINUTE;
    await world.say([raised('d1', night, { ...door, severity: 'minor' })]);
    expect(sms.received).toHaveLength(0);
    await world.say([raised('f1', night, { deviceId: 'smoke-1' })]);
    expect(sms.received).toHaveLength(1);
    expect(JSON.parse(String(sms.received[0]?.body)).to).toBe('13800001111');
    const { body } = await world.as('guard').get(`/api/notices?channelId=${channel.id}`);
    expect(body.items.map((line: Line) => line.status).sort()).toEqual(['delivered', 'muted']);
    expect(body.items.find((line: Line) => line.status === 'muted')).toMatchObject({
      reason: 'quiet-hours',
      to: '138****1111',
    });
  });

  it('are one’s own', async () => {
    const wish = { occasions: ['ticket'] };
    const { body } = await world.as('wang').post('/api/subscriptions', { channelId: 'console', wish });
    expect((await world.as('zhao').get('/api/subscriptions')).body.items).toEqual([]);
    expect((await world.as('zhao').delete(`/api/subscriptions/${body.id}`)).status).toBe(404);
    expect(
      (await world.as('wang').post('/api/subscriptions', { channelId: 'console', forChannel: true, wish })).status,
    ).toBe(403);
    expect((await world.as('wang').delete(`/api/subscriptions/${body.id}`)).status).toBe(204);
  });
});

describe('work orders', () => {
  it('are told to who may take them, to who is given them, and when they become late', async () => {
    const order = { communityId: 'garden', title: '灯坏了', priority: 'high' };
    const { body } = await world.as('guard').post('/api/tickets', order);
    await world.settled();
    expect(await told('tickets')).toEqual(['0 ticket wang', '0 ticket zhao']);
    await world.advance(10 * MINUTE);
    await world.as('street').post(`/api/tickets/${body.id}/actions`, { action: 'assign', username: 'zhao' });
    await world.settled();
    await world.restart(109 * MINUTE);
    expect((await told('tickets')).slice(2)).toEqual(['10 ticket zhao']);
    await world.advance(MINUTE);
    expect((await told('tickets')).slice(3)).toEqual(['120 ticket zhao']);
  });
});

describe('somebody who asked to be looked after', () => {
  it('is a gentle word to the committee, once, and no work order', async () => {
    const care = { deviceId: 'gate-1', kind: 'access-gate', rule: 'care-p7', severity: 'notice', lifeSafety: false };
    await world.say([raised('c1', START_AT, care)]);
    await world.advance(180 * MINUTE, 30 * MINUTE);
    expect(await told()).toEqual(['0 alarm committee']);
    expect((await world.as('street').get('/api/tickets')).body.items).toEqual([]);
  });
});

describe('a hub that ends in the middle of a flood', () => {
  it('tells at the next start whom it had not told yet, and nobody twice', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `flood-${index}`);
    const { alarms } = world.hub.services;
    await alarms.transact(({ addFacts }) =>
      addFacts(ids.map((id, index) => raised(id, START_AT, { ...door, deviceId: `gate-${index}` }))),
    );
    // Nothing is left to drain for: the clock stands, so the time for it is over only when it moves.
    const stopping = world.hub.stop();
    world.clock.advanceBy(1_000);
    await stopping;
    await world.restart();
    expect((await told()).filter((line) => line.endsWith('alarm guard'))).toHaveLength(40);
    await world.restart();
    expect((await told()).filter((line) => line.endsWith('alarm guard'))).toHaveLength(40);
  });

  it('does not go on ringing about an alarm whose acknowledgement was its last word', async () => {
    const http = await startHttpReceiver(() => ({ status: 503 }));
    cleanups.push(() => http.stop());
    const config = { url: http.url, secret: 's'.repeat(16) };
    const channel = (await world.as('root').post('/api/channels', { notifier: 'webhook', name: 'w', config })).body;
    const wish = { occasions: ['alarm'] };
    await world.as('root').post('/api/subscriptions', { channelId: channel.id, forChannel: true, wish });
    await world.say([raised('a1', START_AT, door)]);
    // A crash between the acknowledgement and what follows from it: only the alarm itself knows.
    const { db } = world.hub.services.records;
    await db.updateTable('alarms').set({ state: 'acked', acknowledged: 1 }).where('id', '=', 'a1').execute();
    await world.restart(10 * MINUTE);
    const { body } = await world.as('root').get(`/api/notices?channelId=${channel.id}`);
    expect(body.items).toMatchObject([{ status: 'cancelled', attempts: 1 }]);
    expect(http.received).toHaveLength(1);
  });
});
