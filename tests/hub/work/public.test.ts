import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { maskText } from '../../../hub/public/mask.ts';
import { HOUR, type HubWorld, MINUTE, startHubWorld } from './hub-world.ts';

let world: HubWorld;
beforeEach(async () => {
  world = await startHubWorld();
});
afterEach(() => world.stop());

const DAY = 24 * HOUR;
const nobody = () => world.as('');

async function report(fields: Record<string, string> = {}, photos: Uint8Array<ArrayBuffer>[] = []) {
  const form = new FormData();
  const all = {
    communityId: 'garden',
    description: '楼道灯坏了',
    category: 'electrical',
    building: '3',
    floor: '2',
    ...fields,
  };
  for (const [name, value] of Object.entries(all)) form.append(name, value);
  for (const photo of photos) form.append('photos', new Blob([photo]), 'photo.png');
  return nobody().form('/api/public/reports', form);
}

const act = (username: string, id: string, action: object) =>
  world.as(username).post(`/api/tickets/${id}/actions`, action);

async function solve(id: string) {
  await act('wang', id, { action: 'take' });
  await act('wang', id, { action: 'resolve', note: '已换灯泡, 电话13812345678' });
}

describe('a report of a resident', () => {
  it('needs no login, becomes a ticket, and shows its progress to who has the token', async () => {
    const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#0a0' } })
      .png()
      .toBuffer();
    const { status, body } = await report({ name: '李大爷', phone: '13900001111' }, [new Uint8Array(png)]);
    expect(status).toBe(201);
    expect(body.token).toMatch(/^[\w-]{27}$/);
    await solve(body.ticketId);
    const progress = (await nobody().get(`/api/public/reports/${body.token}`)).body;
    expect(progress).toMatchObject({ state: 'resolved', place: '3号楼2层', canRate: true, canReopen: true });
    expect(progress.progress.map((line: { what: string }) => line.what)).toEqual(['created', 'taken', 'resolved']);
    expect(progress.progress[2]).toMatchObject({ who: 'staff', text: '已换灯泡, 电话138****5678' });
    expect(JSON.stringify(progress)).not.toMatch(/wang|李大爷|13900001111/);
    expect((await nobody().get(progress.photos[0].url)).headers['content-type']).toBe('image/jpeg');
    const ticket = (await world.as('wang').get(`/api/tickets/${body.ticketId}`)).body;
    expect(ticket).toMatchObject({
      source: 'resident',
      title: '楼道灯坏了',
      category: 'electrical',
      location: { building: '3', floor: 2 },
    });
    expect(JSON.stringify(ticket)).not.toContain('13900001111');
  });

  it('can be rated and opened again on the same id', async () => {
    const { token, ticketId } = (await report()).body;
    expect((await nobody().post(`/api/public/reports/${token}/rate`, { stars: 5 })).status).toBe(409);
    await solve(ticketId);
    const rated = await nobody().post(`/api/public/reports/${token}/rate`, { stars: 2, text: '又坏了' });
    expect(rated.body.rating).toMatchObject({ stars: 2 });
    const reopened = await nobody().post(`/api/public/reports/${token}/reopen`, { reason: '还是不亮' });
    expect(reopened.body).toMatchObject({ state: 'open', canRate: false });
    expect((await world.as('wang').get(`/api/tickets/${ticketId}`)).body).toMatchObject({ reopenedCount: 1 });
    expect((await nobody().post(`/api/public/reports/${token}/rate`, { stars: 9 })).status).toBe(422);
  });

  it('is closed by itself when nobody disputes it, and can be opened again for a month', async () => {
    const { token, ticketId } = (await report()).body;
    await solve(ticketId);
    await world.restart(3 * DAY - 1_000);
    expect((await nobody().get(`/api/public/reports/${token}`)).body.state).toBe('resolved');
    await world.advance(1_000);
    expect((await nobody().get(`/api/public/reports/${token}`)).body.state).toBe('closed');
    await world.restart(31 * DAY);
    expect((await nobody().post(`/api/public/reports/${token}/reopen`, { reason: '…' })).status).toBe(409);
  });

  it('is not closed by the timer of an earlier solution', async () => {
    const { token, ticketId } = (await report()).body;
    await solve(ticketId);
    await world.restart(2 * DAY);
    await nobody().post(`/api/public/reports/${token}/reopen`, { reason: '又坏了' });
    await solve(ticketId);
    await world.restart(2 * DAY);
    expect((await nobody().get(`/api/public/reports/${token}`)).body.state).toBe('resolved');
    await world.restart(DAY);
    expect((await nobody().get(`/api/public/reports/${token}`)).body.state).toBe('closed');
  });

  it('refuses a bad form with the path of each fault, a wrong token, and what is no picture', async () => {
    const bad = await report({ communityId: 'nowhere' });
    expect(bad.status).toBe(422);
    expect(
      (await report({ phone: 'abc', floor: 'x' })).body.error.details.map((fault: { path: string }) => fault.path),
    ).toEqual(['/floor', '/phone']);
    expect((await nobody().post('/api/public/reports', { communityId: 'garden' })).status).toBe(422);
    expect((await nobody().post('/api/public/reports', { communityId: 'garden', text: '灯坏了' })).status).toBe(201);
    expect((await report({}, [new TextEncoder().encode('no picture')])).status).toBe(415);
    expect((await nobody().get(`/api/public/reports/${'x'.repeat(27)}`)).status).toBe(404);
  });

  it('takes the place in one piece and the category by its title', async () => {
    const { body } = await report({
      building: '',
      floor: '',
      category: '电梯',
      location: '{"building":"7","spot":"电梯厅"}',
    });
    const ticket = (await world.as('wang').get(`/api/tickets/${body.ticketId}`)).body;
    expect(ticket).toMatchObject({ category: 'lift', location: { building: '7', spot: '电梯厅' } });
    expect((await report({ location: '{"planet":"x"}' })).status).toBe(422);
    expect((await report({ location: 'not json' })).status).toBe(422);
  });

  it('is limited per address, with Retry-After', async () => {
    let last = await report();
    for (let count = 0; count < 40 && last.status === 201; count += 1)
      last = await nobody().post('/api/public/reports', { communityId: 'garden', text: '灯坏了' });
    expect(last.status).toBe(429);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is linked to an open one of the same place and category', async () => {
    const first = (await report()).body.ticketId;
    const second = (await report({ description: '二楼灯不亮' })).body.ticketId;
    const other = (await report({ floor: '9' })).body.ticketId;
    const linksOf = async (id: string) => (await world.as('wang').get(`/api/tickets/${id}`)).body.links;
    expect(await linksOf(second)).toEqual([{ ticketId: first, relation: 'similar' }]);
    expect(await linksOf(first)).toEqual([{ ticketId: second, relation: 'similar' }]);
    expect(await linksOf(other)).toEqual([]);
  });

  it('shows who reported it masked; in full only with a line on the audit log', async () => {
    const { ticketId } = (await report({ name: '李大爷', phone: '13900001111' })).body;
    const url = `/api/tickets/${ticketId}/reporter`;
    expect((await world.as('guard').get(url)).body).toEqual({ name: '李**', phone: '139****1111', masked: true });
    expect((await world.as('guard').get(`${url}?full=true`)).status).toBe(403);
    expect((await world.as('wang').get(`${url}?full=true`)).body.phone).toBe('13900001111');
    const rows = await world.hub.services.records.db
      .selectFrom('auditLog')
      .selectAll()
      .where('action', '=', 'reporter.viewed')
      .execute();
    expect(rows).toMatchObject([{ actorId: 'wang', targetId: ticketId }]);
  });
});

describe('the public board', () => {
  it('tells what is open, what was kept, and names nobody', async () => {
    const ids = [];
    for (const room of ['101', '102', '103'])
      ids.push((await report({ room, description: `${room} 张三的灯坏了` })).body.ticketId);
    world.clock.advanceBy(10 * MINUTE);
    await solve(ids[0]);
    await world.restart(3 * HOUR);
    await solve(ids[1]);
    const notice = { communityId: 'garden', title: '停水通知', body: '明天 9 点到 12 点' };
    expect((await world.as('guard').post('/api/board-notices', notice)).status).toBe(403);
    expect((await world.as('committee').post('/api/board-notices', notice)).status).toBe(201);
    expect((await world.as('committee').post('/api/board-notices', { ...notice, communityId: null })).status).toBe(403);
    const { status, body } = await nobody().get('/api/public/board/garden');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      community: { id: 'garden', name: '花园小区' },
      counts: { open: 1, overdue: 1, createdInWindow: 3 },
      onTimeRate: { value: 1, cases: 2 },
      rates: { response: { value: 1 / 3, cases: 3 }, satisfaction: { value: null, cases: 0 } },
      notices: [{ title: '停水通知' }],
    });
    expect(body.latest[0]).toMatchObject({ place: '3号楼', title: { zh: '电气' } });
    expect(JSON.stringify(body)).not.toMatch(/张三|101|wang/);
    expect((await nobody().get('/api/public/board/nowhere')).status).toBe(404);
  });
});

describe('masking', () => {
  it('takes numbers that name a person out of free text', () => {
    expect(maskText('打13812345678或010-87654321')).toBe('打138****5678或010****4321');
    expect(maskText('身份证11010519491231002X, wang@example.org')).toBe('身份证110***********002X, ***@***');
    expect(maskText('京A12345 停在 3 号楼 502')).toBe('京A***45 停在 3 号楼 502');
    expect(maskText('3号楼2单元502, 2026年8月')).toBe('3号楼2单元502, 2026年8月');
  });
});
