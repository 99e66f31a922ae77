/** The same work over PostgreSQL: one walk through every table that this side of the hub has. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programOrSkip } from '../../../tools/programs.ts';
import { type Server, startPostgres } from '../../contracts/servers.ts';
import { type HubWorld, MINUTE, raised, START_AT, startHubWorld } from './hub-world.ts';

const postgres = programOrSkip('postgres');

describe.skipIf(!postgres)('work orders, notices and people over PostgreSQL', () => {
  let server: Server;
  let world: HubWorld;
  beforeAll(async () => {
    server = await startPostgres(postgres ?? '');
    world = await startHubWorld({ LINLI_RECORDS_URL: server.url });
  });
  afterAll(async () => {
    await world?.stop();
    await server?.stop();
  });

  const get = async (username: string, url: string) => {
    const { status, body } = await world.as(username).get(url);
    expect(status).toBe(200);
    return body;
  };

  it('makes tickets of alarms at once, delayed and joined, and finds them again by every filter', async () => {
    await world.say([raised('a1', START_AT), raised('a2', START_AT, { deviceId: 'smoke-3-501' })]);
    await world.say([
      raised('b1', START_AT, {
        deviceId: 'bin-7',
        kind: 'smart-bin',
        rule: 'full',
        severity: 'notice',
        lifeSafety: false,
      }),
    ]);
    await world.restart(MINUTE);
    const { items } = await get('wang', '/api/tickets?limit=1');
    expect(items).toMatchObject([{ category: 'sanitation', number: 2 }]);
    const [fire] = (await get('wang', '/api/tickets?alarmId=a2&state=open&priority=urgent&q=502')).items;
    expect(fire).toMatchObject({ alarmIds: ['a1', 'a2'], number: 1 });
    await world.as('wang').post(`/api/tickets/${fire.id}/actions`, { action: 'take' });
    const page = await get('wang', '/api/tickets?limit=1');
    expect((await get('wang', `/api/tickets?limit=1&cursor=${page.nextCursor}`)).items[0]).toMatchObject({
      id: fire.id,
      owner: 'wang',
    });
    await world.advance(16 * MINUTE, MINUTE);
    expect((await get('wang', '/api/tickets?overdue=true')).items.map((item: { id: string }) => item.id)).toContain(
      fire.id,
    );
  });

  it('keeps reports, the board and notices', async () => {
    const report = {
      communityId: 'garden',
      description: '灯坏了 100%',
      category: 'electrical',
      building: '3',
      floor: 2,
    };
    const first = (await world.as('').post('/api/public/reports', report)).body;
    const second = (await world.as('').post('/api/public/reports', report)).body;
    expect((await get('wang', `/api/tickets/${second.ticketId}`)).links).toMatchObject([{ ticketId: first.ticketId }]);
    expect((await get('', `/api/public/reports/${first.token}`)).state).toBe('open');
    expect((await get('wang', `/api/tickets?q=${encodeURIComponent('100%')}`)).items).toHaveLength(2);
    await world.as('committee').post('/api/board-notices', { communityId: 'garden', title: '停水' });
    expect(await get('', '/api/public/board/garden')).toMatchObject({
      counts: { open: 4 },
      notices: [{ title: '停水' }],
    });
  });

  it('runs chains, channels, subscriptions and the sent-log', async () => {
    const config = { url: 'http://127.0.0.1:1', secret: 's'.repeat(16) };
    const { body } = await world.as('root').post('/api/channels', { notifier: 'webhook', name: 'w', config });
    await world
      .as('root')
      .post('/api/subscriptions', { channelId: body.id, forChannel: true, wish: { occasions: ['alarm', 'ended'] } });
    await world.say([raised('a9', world.clock.now(), { deviceId: 'smoke-9', location: { building: '9', floor: 1 } })]);
    expect((await get('root', `/api/notices?channelId=${body.id}`)).items).toMatchObject([
      { status: 'queued', attempts: 1 },
    ]);
    await world.hub.services.alarms.act({ alarmId: 'a9', action: { type: 'ack' }, username: 'guard' });
    await world.settled();
    const log = (await get('root', '/api/notices?alarmId=a9')).items;
    expect(log.map((line: { type: string; status: string }) => `${line.type} ${line.status}`).sort()).toEqual([
      'alarm cancelled',
      'alarm delivered',
      'ended queued',
    ]);
  });

  it('hands over shifts, counts KPIs and keeps policies', async () => {
    expect((await get('guard', '/api/handovers/report?communityId=garden')).openTickets.count).toBe(5);
    const { body } = await world.as('guard').post('/api/handovers', { communityId: 'garden' });
    expect((await world.as('wang').post(`/api/handovers/${body.id}/accept`)).status).toBe(200);
    world.clock.advanceBy(1);
    expect((await get('guard', '/api/kpis')).raised).toBe(4);
    expect((await get('guard', '/api/kpis/tickets')).dispatched).toBe(5);
    const { value } = await get('street', '/api/policies/tickets');
    expect((await world.as('street').put('/api/policies/tickets', value)).status).toBe(200);
    expect((await world.as('street').put('/api/policies/tickets', value)).status).toBe(200);
  });
});
