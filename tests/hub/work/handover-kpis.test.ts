import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleared, HOUR, type HubWorld, MINUTE, raised, START_AT, startHubWorld } from './hub-world.ts';

let world: HubWorld;
beforeEach(async () => {
  world = await startHubWorld();
});
afterEach(() => world.stop());

const gate = { deviceId: 'gate-1', kind: 'access-gate', rule: 'held-open', severity: 'minor', lifeSafety: false };

describe('the hand-over of a shift', () => {
  it('tells what is open, what is muted until when, and is accepted by somebody else', async () => {
    await world.say([
      raised('a1', START_AT),
      raised('a2', START_AT, gate),
      raised('a3', START_AT, { ...gate, deviceId: 'gate-2' }),
    ]);
    const { alarms } = world.hub.services;
    const untilAt = START_AT + 8 * HOUR;
    await alarms.act({ alarmId: 'a2', action: { type: 'shelve', untilAt, reason: '等维修' }, username: 'guard' });
    await alarms.act({ alarmId: 'a3', action: { type: 'ack' }, username: 'guard' });
    world.clock.advanceBy(MINUTE);
    const { status, body } = await world
      .as('guard')
      .post('/api/handovers', { communityId: 'garden', note: '北门钥匙在抽屉' });
    expect(status).toBe(201);
    expect(body.report).toMatchObject({
      raised: { critical: 1, minor: 2 },
      unacknowledged: { count: 1, lines: [{ id: 'a1' }] },
      active: { count: 1, lines: [{ id: 'a3', ackedBy: 'guard' }] },
      muted: { count: 1, lines: [{ id: 'a2', reason: '等维修', untilAt }] },
      openTickets: { count: 1, lines: [{ category: 'fire', priority: 'urgent' }] },
    });
    const accept = (username: string) => world.as(username).post(`/api/handovers/${body.id}/accept`);
    expect((await accept('guard')).status).toBe(409);
    expect((await accept('old-guard')).status).toBe(404);
    expect((await accept('wang')).body).toMatchObject({ givenBy: 'guard', acceptedBy: 'wang', note: '北门钥匙在抽屉' });
    expect((await accept('committee')).status).toBe(409);
    expect((await world.as('guard').get('/api/handovers')).body.items).toHaveLength(1);
    expect((await world.as('old-guard').get('/api/handovers/report?communityId=garden')).status).toBe(403);
  });
});

describe('KPIs', () => {
  it('of alarms: load, answers and false alarms of a span', async () => {
    await world.say([raised('a1', START_AT)]);
    world.clock.advanceBy(2 * MINUTE);
    const { alarms } = world.hub.services;
    await alarms.act({ alarmId: 'a1', action: { type: 'ack' }, username: 'guard' });
    await alarms.act({ alarmId: 'a1', action: { type: 'verdict', verdict: 'false' }, username: 'guard' });
    await world.say([cleared('a1', START_AT + 2 * MINUTE)]);
    world.clock.advanceBy(MINUTE);
    const { body } = await world.as('guard').get(`/api/kpis?from=${START_AT - HOUR}`);
    expect(body).toMatchObject({
      raised: 1,
      acknowledge: { count: 1, medianMs: 2 * MINUTE },
      falseByRule: [{ rule: 'fire', judged: 1, false: 1 }],
      targets: { perHourGood: 6 },
    });
    expect((await world.as('old-guard').get('/api/kpis')).body.raised).toBe(0);
    expect((await world.as('guard').get('/api/kpis?from=5&to=4')).status).toBe(422);
  });

  it('of work orders, in the words of the bulletins', async () => {
    const make = async (title: string) =>
      (await world.as('guard').post('/api/tickets', { communityId: 'garden', title })).body.id;
    const [first, second] = [await make('一'), await make('二'), await make('三')];
    const act = (id: string, action: object, username = 'wang') =>
      world.as(username).post(`/api/tickets/${id}/actions`, action);
    world.clock.advanceBy(10 * MINUTE);
    await act(first, { action: 'take' });
    await act(first, { action: 'resolve' });
    await act(first, { action: 'rate', stars: 2 }, 'street');
    await world.restart(6 * 24 * HOUR);
    await act(second, { action: 'take' });
    await act(second, { action: 'resolve' });
    const { body } = await world.as('street').get(`/api/kpis/tickets?from=${START_AT - HOUR}`);
    expect(body).toMatchObject({
      dispatched: 3,
      solvedOnTime: 1,
      solvedLate: 1,
      open: 1,
      overdue: 1,
      dissatisfied: 1,
      onTimeRate: { value: 0.5, cases: 2 },
      spans: { respond: { count: 2, medianMs: 10 * MINUTE } },
      byOwner: [
        { key: 'wang', dispatched: 2 },
        { key: '', dispatched: 1 },
      ],
    });
  });
});
