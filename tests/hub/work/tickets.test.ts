import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR, type HubWorld, MINUTE, START_AT, startHubWorld } from './hub-world.ts';

let world: HubWorld;
beforeEach(async () => {
  world = await startHubWorld();
});
afterEach(() => world.stop());

const leak = {
  communityId: 'garden',
  title: '地下室漏水',
  category: 'plumbing',
  location: { building: '3', floor: -1 },
};

async function newTicket(body: object = leak): Promise<string> {
  const { status, body: ticket } = await world.as('guard').post('/api/tickets', body);
  expect(status).toBe(201);
  return ticket.id;
}

const act = (username: string, id: string, action: object) =>
  world.as(username).post(`/api/tickets/${id}/actions`, action);

describe('the life of a work order', () => {
  it('goes from report to rating with an owner, clocks and a history that names who and when', async () => {
    const id = await newTicket();
    world.clock.advanceBy(10 * MINUTE);
    expect((await act('wang', id, { action: 'take' })).body).toMatchObject({ state: 'taken', owner: 'wang' });
    world.clock.advanceBy(20 * MINUTE);
    await act('wang', id, { action: 'start' });
    await act('wang', id, { action: 'pause', reason: '等配件' });
    await world.restart(2 * HOUR);
    await act('wang', id, { action: 'resume' });
    world.clock.advanceBy(30 * MINUTE);
    await act('wang', id, { action: 'resolve', outcome: 'fixed', note: '换了阀门' });
    const { body } = await act('committee', id, { action: 'close', note: '已回访' });
    expect(body).toMatchObject({
      state: 'closed',
      outcome: 'fixed',
      number: 1,
      clocks: { respondMs: 10 * MINUTE, arriveMs: 30 * MINUTE, solveMs: HOUR, pausedMs: 2 * HOUR },
      sla: { respond: { state: 'met' }, arrive: { state: 'met' }, solve: { state: 'met' } },
    });
    expect(body.history.map((line: { what: string }) => line.what)).toEqual([
      'created',
      'taken',
      'started',
      'paused',
      'resumed',
      'resolved',
      'closed',
    ]);
    expect(body.history[1]).toMatchObject({ who: { type: 'person', id: 'wang' }, at: START_AT + 10 * MINUTE });
    expect((await act('committee', id, { action: 'rate', stars: 5 })).body.rating).toMatchObject({ stars: 5 });
  });

  it('answers 409 to what the state forbids and changes nothing', async () => {
    const id = await newTicket();
    const { status, body } = await act('wang', id, { action: 'resolve' });
    expect(status).toBe(409);
    expect(body.error.message).toContain('cannot be resolved');
    expect((await world.as('wang').get(`/api/tickets/${id}`)).body.history).toHaveLength(1);
  });

  it('answers 403 to a role that may not, 404 to a stranger, 401 to nobody, 422 to a bad body', async () => {
    const id = await newTicket();
    expect((await act('guard', id, { action: 'take' })).status).toBe(403);
    await act('wang', id, { action: 'take' });
    await act('wang', id, { action: 'resolve' });
    expect((await act('wang', id, { action: 'close' })).status).toBe(403);
    expect((await act('old-guard', id, { action: 'comment', text: '…' })).status).toBe(404);
    expect((await world.as('old-guard').get(`/api/tickets/${id}`)).status).toBe(404);
    expect((await world.as('').get(`/api/tickets/${id}`)).status).toBe(401);
    const bad = await act('wang', id, { action: 'pause', reason: '', extra: 1 });
    expect(bad.status).toBe(422);
    expect(bad.body.error.details.length).toBeGreaterThan(0);
    expect((await world.as('old-guard').post('/api/tickets', leak)).status).toBe(403);
  });

  it('is worked by the committee where there is no company', async () => {
    const { body } = await world.as('old-guard').post('/api/tickets', { ...leak, communityId: 'old-lane' });
    expect(body.mayDo).toEqual(['comment']);
    expect((await act('committee', body.id, { action: 'take' })).status).toBe(200);
    const commercial = await newTicket();
    expect((await act('committee', commercial, { action: 'take' })).status).toBe(403);
  });

  it('is assigned only to somebody who works there; a department works what was put to it', async () => {
    const id = await newTicket();
    expect((await act('street', id, { action: 'assign', username: 'guard' })).status).toBe(422);
    expect((await act('police', id, { action: 'take' })).status).toBe(403);
    expect((await act('street', id, { action: 'assign', username: 'police' })).body.owner).toBe('police');
    expect((await act('police', id, { action: 'start' })).body.state).toBe('working');
  });

  it('may be raised but not lowered in priority by the company', async () => {
    const id = await newTicket();
    expect((await act('wang', id, { action: 'prioritise', priority: 'low', reason: '不急' })).status).toBe(403);
    expect((await act('wang', id, { action: 'prioritise', priority: 'high', reason: '漏电' })).status).toBe(200);
    expect((await act('street', id, { action: 'prioritise', priority: 'low', reason: '…' })).body.priority).toBe('low');
  });
});

describe('what was promised', () => {
  it('counts only the calendar hours, so that a night does not make a ticket late', async () => {
    await world.restart(9 * HOUR + 30 * MINUTE); // 19:30, half an hour before closing time
    const id = await newTicket();
    await world.restart(12 * HOUR); // 07:30
    let { body } = await world.as('wang').get(`/api/tickets/${id}`);
    expect(body).toMatchObject({ overdue: false, sla: { respond: { spentMs: 30 * MINUTE, state: 'running' } } });
    expect(body.dueAt).toBe(START_AT + 22 * HOUR + 30 * MINUTE); // 08:30
    world.clock.advanceBy(61 * MINUTE);
    body = (await world.as('wang').get(`/api/tickets/${id}`)).body;
    expect(body).toMatchObject({ overdue: true, sla: { respond: { state: 'late' }, arrive: { state: 'running' } } });
    expect((await world.as('wang').get('/api/tickets?overdue=true')).body.items).toHaveLength(1);
  });

  it('survives a change of priority: the target changes, the time that has passed does not', async () => {
    const id = await newTicket();
    world.clock.advanceBy(40 * MINUTE);
    const { body } = await act('street', id, { action: 'prioritise', priority: 'high', reason: '…' });
    expect(body.sla.respond).toMatchObject({ targetMs: 30 * MINUTE, spentMs: 40 * MINUTE, state: 'late' });
  });

  it('can be changed by the street while the hub runs', async () => {
    const id = await newTicket();
    world.clock.advanceBy(10 * MINUTE);
    const { body: policy } = await world.as('street').get('/api/policies/sla');
    for (const target of policy.value.targets) target.respondMs = 5 * MINUTE;
    expect((await world.as('wang').put('/api/policies/sla', policy.value)).status).toBe(403);
    expect((await world.as('street').put('/api/policies/sla', { targets: [] })).status).toBe(422);
    expect((await world.as('street').put('/api/policies/sla', policy.value)).status).toBe(200);
    expect((await world.as('wang').get('/api/tickets?overdue=true')).body.items[0].id).toBe(id);
    await world.restart();
    expect((await world.as('wang').get(`/api/tickets/${id}`)).body.sla.respond.targetMs).toBe(5 * MINUTE);
  });
});

describe('the list', () => {
  it('filters by state, owner, category, text and number, newest first, by pages', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      world.clock.advanceBy(MINUTE);
      ids.unshift(await newTicket({ ...leak, title: `漏水 50%_${index}`, category: index % 2 ? 'lift' : 'plumbing' }));
    }
    await act('wang', ids[0] ?? '', { action: 'take' });
    const list = async (query: string, username = 'wang') =>
      (await world.as(username).get(`/api/tickets?${query}`)).body.items.map((item: { id: string }) => item.id);
    expect(await list('')).toEqual(ids);
    expect(await list('state=taken')).toEqual([ids[0]]);
    expect(await list('state=open,taken&limit=500')).toEqual(ids);
    expect(await list('owner=me')).toEqual([ids[0]]);
    expect(await list('owner=none&category=lift')).toEqual([ids[1], ids[3]]);
    expect(await list(`q=${encodeURIComponent('50%_3')}`)).toEqual([ids[1]]);
    expect(await list('q=5')).toContain(ids[0]);
    expect(await list('', 'old-guard')).toEqual([]);
    const first = (await world.as('wang').get('/api/tickets?limit=2')).body;
    const second = (await world.as('wang').get(`/api/tickets?limit=2&cursor=${first.nextCursor}`)).body;
    const third = (await world.as('wang').get(`/api/tickets?limit=2&cursor=${second.nextCursor}`)).body;
    expect([...first.items, ...second.items, ...third.items].map((item) => item.id)).toEqual(ids);
    expect(third.nextCursor).toBeNull();
  });

  it('refuses unknown filters, states and cursors, and a foreign community', async () => {
    for (const query of ['colour=red', 'state=lost', 'cursor=abc', 'limit=501'])
      expect((await world.as('wang').get(`/api/tickets?${query}`)).status).toBe(422);
    expect((await world.as('wang').get('/api/tickets?communityId=old-lane')).status).toBe(403);
  });
});

describe('photos', () => {
  it('are kept without what the phone wrote into them, and only for who may see the ticket', async () => {
    const id = await newTicket();
    const picture = await sharp({ create: { width: 3_000, height: 1_000, channels: 3, background: '#c33' } })
      .withExif({ IFD0: { Artist: 'secret-owner' }, IFD3: { GPSLatitude: '39/1 54/1 0/1' } })
      .jpeg()
      .toBuffer();
    expect(picture.includes('secret-owner')).toBe(true);
    const form = new FormData();
    form.append('photo', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), 'a.jpg');
    const { status, body } = await world.as('guard').form(`/api/tickets/${id}/photos`, form);
    expect(status).toBe(201);
    const [photo] = body.photos;
    const kept = await world.as('wang').get(photo.url);
    expect(kept.headers['content-type']).toBe('image/jpeg');
    const metadata = await sharp(kept.body).metadata();
    expect(metadata).toMatchObject({ width: 2_048, format: 'jpeg' });
    expect(metadata.exif).toBeUndefined();
    expect((await world.as('old-guard').get(photo.url)).status).toBe(404);
    await act('wang', id, { action: 'take' });
    const resolved = await act('wang', id, { action: 'resolve', photoIds: [photo.id] });
    expect(resolved.body.photoIds).toEqual([photo.id]);
    expect((await act('wang', id, { action: 'resolve', photoIds: ['nope'] })).status).toBe(422);
  });

  it('must be pictures', async () => {
    const id = await newTicket();
    const form = new FormData();
    form.append('photo', new Blob(['<svg xmlns="http://www.w3.org/2000/svg"/>'], { type: 'image/png' }), 'a.png');
    expect((await world.as('guard').form(`/api/tickets/${id}/photos`, form)).status).toBe(415);
    expect((await world.as('guard').post(`/api/tickets/${id}/photos`, {})).status).toBe(415);
  });
});

describe('live', () => {
  it('tells each change of a ticket to who may see its community', async () => {
    const events: { type: string; communityId: string | null; data: unknown }[] = [];
    world.hub.services.live.subscribe((event) => events.push(event));
    const id = await newTicket();
    await act('wang', id, { action: 'take' });
    expect(events.filter((event) => event.type === 'ticket')).toMatchObject([
      { communityId: 'garden', data: { id, state: 'open' } },
      { communityId: 'garden', data: { id, state: 'taken', owner: 'wang' } },
    ]);
  });
});
