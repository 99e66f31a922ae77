import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleared, type HubWorld, MINUTE, raised, START_AT, startHubWorld } from './hub-world.ts';

let world: HubWorld;
beforeEach(async () => {
  world = await startHubWorld();
});
afterEach(() => world.stop());

const tickets = async (query = '') => (await world.as('wang').get(`/api/tickets?${query}`)).body.items;
const ticketOf = async (alarmId: string) => (await tickets(`alarmId=${alarmId}`))[0];
const bin = { deviceId: 'bin-7', kind: 'smart-bin', rule: 'full', severity: 'notice', lifeSafety: false };
const door = { deviceId: 'door-1', kind: 'fire-door', rule: 'left-open', severity: 'minor', lifeSafety: false };

describe('an alarm that the policy turns into a job', () => {
  it('makes one ticket at once, linked both ways, however often it is said', async () => {
    const fact = raised('a1', START_AT);
    await world.say([fact]);
    await world.say([fact]);
    const items = await tickets();
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      alarmId: 'a1',
      priority: 'urgent',
      category: 'fire',
      source: 'alarm',
      state: 'open',
    });
    expect(items[0].title).toBe('3号楼2单元5层502 火警');
    expect((await world.hub.services.alarms.get('a1'))?.ticketId).toBe(items[0].id);
  });

  it('is one job when two detectors of a floor see the same fire, and two jobs on two floors', async () => {
    await world.say([raised('a1', START_AT)]);
    world.clock.advanceBy(MINUTE);
    await world.say([
      raised('a2', START_AT + MINUTE, {
        deviceId: 'smoke-3-501',
        location: { building: '3', unit: '2', floor: 5, room: '501' },
      }),
    ]);
    await world.say([
      raised('a3', START_AT + MINUTE, {
        deviceId: 'smoke-3-702',
        location: { building: '3', unit: '2', floor: 7, room: '702' },
      }),
    ]);
    expect(await ticketOf('a1')).toMatchObject({ alarmIds: ['a1', 'a2'] });
    expect((await ticketOf('a2')).id).toBe((await ticketOf('a1')).id);
    expect((await ticketOf('a3')).id).not.toBe((await ticketOf('a1')).id);
    expect((await world.hub.services.alarms.get('a2'))?.ticketId).toBe((await ticketOf('a1')).id);
  });

  it('does not join a job that is done or too old', async () => {
    await world.say([raised('a1', START_AT)]);
    const { id } = await ticketOf('a1');
    await world.as('wang').post(`/api/tickets/${id}/actions`, { action: 'take' });
    await world.as('wang').post(`/api/tickets/${id}/actions`, { action: 'resolve', outcome: 'false-alarm' });
    await world.say([raised('a2', START_AT, { deviceId: 'smoke-3-501' })]);
    expect((await ticketOf('a2')).id).not.toBe(id);
    world.clock.advanceBy(31 * MINUTE);
    await world.say([raised('a3', START_AT + 31 * MINUTE, { deviceId: 'smoke-3-503' })]);
    expect((await ticketOf('a3')).id).not.toBe((await ticketOf('a2')).id);
  });

  it('is reopened when the alarm comes back after it was resolved', async () => {
    await world.say([raised('a1', START_AT)]);
    const { id } = await ticketOf('a1');
    await world.as('wang').post(`/api/tickets/${id}/actions`, { action: 'take' });
    await world.as('wang').post(`/api/tickets/${id}/actions`, { action: 'resolve' });
    await world.say([cleared('a1', START_AT + 1), raised('a1', START_AT + 2, { activation: 2, step: 2 })]);
    expect(await ticketOf('a1')).toMatchObject({ id, state: 'open', reopenedCount: 1 });
  });
});

describe('a delay of the policy', () => {
  it('makes the ticket when the condition has lasted, also when the hub was restarted meanwhile', async () => {
    await world.say([raised('b1', START_AT, bin)]);
    await world.advance(50_000);
    expect(await tickets()).toHaveLength(0);
    await world.restart(5_000);
    expect(await tickets()).toHaveLength(0);
    await world.advance(5_000);
    expect(await ticketOf('b1')).toMatchObject({ category: 'sanitation', createdAt: START_AT + MINUTE });
  });

  it('makes it right after a restart when it fell due while the hub was down', async () => {
    await world.say([raised('b1', START_AT, bin)]);
    await world.restart(10 * MINUTE);
    expect(await ticketOf('b1')).toMatchObject({ createdAt: START_AT + 10 * MINUTE });
  });

  it('makes none when the condition went away in time', async () => {
    await world.say([raised('b1', START_AT, bin)]);
    await world.advance(30_000);
    await world.say([cleared('b1', START_AT + 30_000)]);
    await world.advance(10 * MINUTE);
    expect(await tickets()).toHaveLength(0);
  });

  it('counts from the newest raise of a condition that comes and goes', async () => {
    await world.say([raised('b1', START_AT, bin)]);
    await world.advance(50_000);
    await world.say([
      cleared('b1', START_AT + 50_000),
      raised('b1', START_AT + 50_000, { ...bin, activation: 2, step: 2 }),
    ]);
    await world.advance(50_000);
    expect(await tickets()).toHaveLength(0);
    await world.advance(10_000);
    expect(await tickets()).toHaveLength(1);
  });

  it('waits for the guard: what is acknowledged in time stays an alarm', async () => {
    await world.say([raised('d1', START_AT, door), raised('d2', START_AT, { ...door, deviceId: 'door-2' })]);
    await world.hub.services.alarms.act({ alarmId: 'd1', action: { type: 'ack' }, username: 'guard' });
    await world.advance(11 * MINUTE);
    expect((await tickets()).map((ticket: { alarmId: string }) => ticket.alarmId)).toEqual(['d2']);
  });
});

describe('what makes no ticket', () => {
  it('history that is over; history that still goes on does', async () => {
    await world.say([raised('h1', START_AT - 5 * MINUTE), cleared('h1', START_AT - MINUTE)], { history: true });
    await world.say(
      [raised('h2', START_AT - 5 * MINUTE, { deviceId: 'smoke-9', location: { building: '9', floor: 1 } })],
      { history: true },
    );
    expect((await tickets()).map((ticket: { alarmId: string }) => ticket.alarmId)).toEqual(['h2']);
  });

  it('an alarm that is suppressed by design, until it no longer is', async () => {
    const said = {
      origin: { type: 'gateway' as const, id: 'gw-garden' },
      author: { type: 'system' as const, id: 'fire-test' },
    };
    await world.say([
      raised('s1', START_AT),
      {
        id: 'x1',
        alarmId: 's1',
        at: START_AT,
        ...said,
        body: { type: 'suppressed', by: 'fire-test-3', reason: '消防演练' },
      },
    ]);
    expect(await tickets()).toHaveLength(0);
    await world.say([
      { id: 'x2', alarmId: 's1', at: START_AT + 1, ...said, body: { type: 'unsuppressed', by: 'fire-test-3' } },
    ]);
    expect(await tickets()).toHaveLength(1);
  });

  it('what the street took out of the policy', async () => {
    await world
      .as('street')
      .put('/api/policies/tickets', { entries: [{ match: { kinds: ['smoke-detector'] }, ticket: null }] });
    await world.say([raised('a1', START_AT)]);
    expect(await tickets()).toHaveLength(0);
  });
});

describe('a crash between the alarm and its ticket', () => {
  it('is made good at the next start, once', async () => {
    await world.hub.work.stop();
    await world.say([raised('a1', START_AT)]);
    expect(await tickets()).toHaveLength(0);
    await world.restart();
    expect(await tickets()).toHaveLength(1);
    await world.restart();
    expect(await tickets()).toHaveLength(1);
  });

  it('sets the link that was still missing, also when the alarm is over', async () => {
    const { alarms } = world.hub.services;
    alarms.state = () => Promise.reject(new Error('the power went'));
    await world.say([raised('a1', START_AT)]);
    await world.say([cleared('a1', START_AT + 1)]);
    const { id } = await ticketOf('a1');
    expect((await alarms.get('a1'))?.ticketId).toBeNull();
    await world.restart();
    expect((await world.hub.services.alarms.get('a1'))?.ticketId).toBe(id);
  });
});
