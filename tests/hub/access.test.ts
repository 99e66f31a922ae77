/** Who may do what: every route against every role, tenancy, and what the HTTP side does against abuse. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../core/role.ts';
import { openEvents } from './event-reader.ts';
import { type Person, type RealHub, raised, startRealHub, type TestGateway, telemetry } from './real-hub.ts';

let real: RealHub;
let gateway: TestGateway;
const people = new Map<Role, Person>();
let stranger: Person;

beforeAll(async () => {
  real = await startRealHub();
  gateway = await real.gateway('gw-a', 'garden');
  await real.gateway('gw-b', 'old-lane');
  for (const role of ROLES) people.set(role, await real.person(role, ['garden']));
  stranger = await real.person('guard', ['old-lane']);
  await real.admin.post('/api/devices', {
    id: 'smoke-1',
    kind: 'smoke-detector',
    communityId: 'garden',
    location: { room: '502' },
  });
  await gateway.send('urgent', [raised(gateway, 'a-1')]);
  const refused = { topic: 'linli', at: Date.now(), reason: 'not-json', bytes: 1, sample: '{' };
  const garden = { deviceId: 'smoke-1', kind: 'smoke-detector', communityId: 'garden' };
  await gateway.send('event', [{ type: 'dead-letter', id: 'dead-1', ...garden, ...refused }]);
  await gateway.send('telemetry', [telemetry(gateway, 'smoke-1', Date.now() - 5_000, { smokeDbPerM: [1] })]);
}, 120_000);
afterAll(() => real?.stop());

const as = (role: Role): Person => people.get(role) as Person;

/** They end the session that the table is walked with, or never end themselves. */
const NOT_WALKED = new Set(['DELETE /api/session', 'GET /api/live']);

describe('the table of rights', () => {
  const walk = async (person: Person, method: string, url: string) =>
    (
      await real.hub.app.inject({
        method: method as 'GET',
        url: url.replace(/:\w+/g, 'no-such-thing').replace('*', 'x'),
        headers: { cookie: person.cookie, 'content-type': 'application/json' },
        ...(method === 'GET' || method === 'DELETE' ? {} : { payload: '{}' }),
      })
    ).statusCode;
  const routes = () =>
    real.hub.app.routeTable.filter(
      ({ method, url }) => method !== 'HEAD' && url.startsWith('/api') && !NOT_WALKED.has(`${method} ${url}`),
    );

  it('holds every route of the API', () => {
    expect(routes().length).toBeGreaterThan(30);
  });

  it('lets nobody in without a session, except where it says so', async () => {
    for (const { method, url, access } of routes()) {
      const status = await walk(real.anybody, method, url);
      if (access === 'public') expect(status, `${method} ${url}`).not.toBe(403);
      else expect(status, `${method} ${url}`).toBe(401);
    }
  });

  it.for([...ROLES])('refuses the role %s exactly where the table does', async (role) => {
    for (const { method, url, access } of routes()) {
      const status = await walk(as(role), method, url);
      const allowed = access === 'public' || access === 'signed-in' || access.includes(role);
      if (allowed) expect([401, 403], `${role} ${method} ${url}`).not.toContain(status);
      else expect(status, `${role} ${method} ${url}`).toBe(403);
    }
  });
});

describe('another community', () => {
  it('is never visible: lists are empty, ids are unknown, naming it is forbidden', async () => {
    for (const list of ['alarms', 'devices', 'events', 'gaps', 'dead-letters'])
      expect((await stranger.get(`/api/${list}`)).body.items, list).toEqual([]);
    expect((await stranger.get('/api/gateways')).body.items.map(({ id }: { id: string }) => id)).toEqual(['gw-b']);
    for (const path of ['alarms', 'devices', 'events', 'gaps', 'dead-letters', 'gateways'])
      expect((await stranger.get(`/api/${path}?communityId=garden`)).status, path).toBe(403);
    expect((await stranger.get('/api/communities')).body.items.map(({ id }: { id: string }) => id)).toEqual([
      'old-lane',
    ]);
  });

  it('cannot be probed: a foreign id is answered like one that does not exist', async () => {
    const pairs = [
      ['GET', '/api/alarms/a-1', '/api/alarms/none'],
      ['POST', '/api/alarms/a-1/ack', '/api/alarms/none/ack'],
      ['GET', '/api/devices/smoke-1', '/api/devices/none'],
      ['GET', '/api/devices/smoke-1/series?field=smokeDbPerM', '/api/devices/none/series?field=smokeDbPerM'],
      ['GET', '/api/devices/smoke-1/commands', '/api/devices/none/commands'],
      ['GET', '/api/gateways/gw-a', '/api/gateways/none'],
    ] as const;
    for (const [method, foreign, absent] of pairs) {
      const [seen, unseen] = [await stranger.call(method, foreign), await stranger.call(method, absent)];
      expect([seen.status, seen.body], foreign).toEqual([404, unseen.body]);
    }
  });

  it('is not in the event stream either', async () => {
    const [own, foreign] = [await openEvents(real.url, as('guard')), await openEvents(real.url, stranger)];
    await gateway.send('urgent', [raised(gateway, 'a-2')]);
    await gateway.send('telemetry', [telemetry(gateway, 'smoke-1', Date.now(), { smokeDbPerM: [2] })]);
    await own.wait('alarm', (alarm) => alarm.id === 'a-2');
    await own.wait('device', (device) => device.id === 'smoke-1');
    const told = JSON.stringify(foreign.events);
    expect(told).not.toContain('a-2');
    expect(told).not.toContain('smoke-1');
    own.close();
    foreign.close();
  });

  it('cannot be given an alarm of this one', async () => {
    const outsider = (await stranger.get('/api/session')).body.username;
    const answer = await as('guard').post('/api/alarms/a-1/assign', { username: outsider });
    expect(answer).toMatchObject({ status: 422, body: { error: { details: [{ path: '/username' }] } } });
  });
});

describe('a session', () => {
  it('is a cookie that scripts cannot read and other sites cannot use', async () => {
    const made = await real.admin.post('/api/users', {
      username: 'cookie',
      role: 'guard',
      communityIds: ['garden'],
      password: 'correct horse',
    });
    expect(made.body.password).toBeUndefined();
    const answer = await real.anybody.post('/api/session', { username: 'cookie', password: 'correct horse' });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toMatch(/Secure/);
  });

  it('does not act for a page of another site', async () => {
    const comment = (headers: Record<string, string>) =>
      as('guard').call('POST', '/api/alarms/a-1/comment', { text: '…' }, headers);
    expect((await comment({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await comment({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await comment({ origin: 'null' })).status).toBe(403);
    expect((await comment({ origin: real.url, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('ends with logging out, with a new password and with being disabled', async () => {
    const password = 'a long enough word';
    await real.admin.post('/api/users', { username: 'leaving', role: 'guard', communityIds: ['garden'], password });
    const first = await real.login('leaving', password);
    expect((await first.call('DELETE', '/api/session')).status).toBe(204);
    expect((await first.get('/api/session')).status).toBe(401);
    const second = await real.login('leaving', password);
    await real.admin.call('PATCH', '/api/users/leaving', { password: 'another long word' });
    expect((await second.get('/api/session')).status).toBe(401);
    const third = await real.login('leaving', 'another long word');
    await real.admin.call('PATCH', '/api/users/leaving', { disabled: true });
    expect((await third.get('/api/session')).status).toBe(401);
    const again = await real.anybody.post('/api/session', { username: 'leaving', password: 'another long word' });
    expect(again.status).toBe(401);
  });

  it('is not needed with an API token, which can be revoked', async () => {
    const made = await as('guard').post('/api/tokens', { name: '值班屏' });
    const bearer = { authorization: `Bearer ${made.body.token}` };
    expect((await real.anybody.call('GET', '/api/alarms', undefined, bearer)).status).toBe(200);
    expect((await real.anybody.call('GET', '/api/audit', undefined, bearer)).status).toBe(403);
    expect(JSON.stringify((await as('guard').get('/api/tokens')).body)).not.toContain(made.body.token);
    expect((await as('guard').call('DELETE', `/api/tokens/${made.body.id}`)).status).toBe(204);
    expect((await real.anybody.call('GET', '/api/alarms', undefined, bearer)).status).toBe(401);
  });

  it('cannot be guessed at speed: a name is locked for a while, and says for how long', async () => {
    await real.admin.post('/api/users', {
      username: 'target',
      role: 'guard',
      communityIds: ['garden'],
      password: 'long enough word',
    });
    const attempt = (username: string) => real.anybody.post('/api/session', { username, password: 'guess' });
    const answers = [];
    for (let index = 0; index < 6; index += 1) answers.push(await attempt('target'));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
    expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(0);
    const unknown = await attempt('nobody-here');
    expect([unknown.status, unknown.body]).toEqual([401, answers[0]?.body]);
  });
});

describe('an answer', () => {
  it('carries the headers that keep browsers out of trouble', async () => {
    const { headers } = await real.anybody.get('/api/session');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('to what is wrong names each fault and no inside', async () => {
    const { admin } = real;
    expect(await admin.get('/api/no-such-thing')).toMatchObject({
      status: 404,
      body: { error: { code: 'not-found' } },
    });
    expect(await admin.call('POST', '/api/communities', '{"id": ')).toMatchObject({ status: 400 });
    expect(await admin.call('POST', '/api/communities', '<id>', { 'content-type': 'text/xml' })).toMatchObject({
      status: 415,
    });
    expect(await admin.post('/api/communities', { id: 'x'.repeat(2_000_000) })).toMatchObject({ status: 413 });
    const bad = await admin.post('/api/communities', { id: 'Not An Id', name: 'x', type: 'x', colour: 'red' });
    expect(bad.status).toBe(422);
    expect(bad.body.error.code).toBe('unprocessable');
    expect(JSON.stringify(bad.body.error.details)).toContain('/id');
    expect(JSON.stringify(bad.body)).not.toMatch(/node_modules|\.ts:|stack/);
    expect((await admin.get('/api/alarms?cursor=rubbish')).status).toBe(422);
    expect((await admin.get('/api/alarms?limit=501')).status).toBe(422);
    expect((await admin.get('/api/alarms?state=burning')).status).toBe(422);
    expect(
      (await admin.get('/api/devices/smoke-1/series?field=smokeDbPerM&from=0&to=100000000&stepMs=1000')).status,
    ).toBe(422);
  });

  it('to options that the gateway would refuse names each fault, at enrolment and later', async () => {
    const { admin } = real;
    const camera = { id: 'camera-9', kind: 'high-throw-camera', communityId: 'garden', location: {} };
    const wrong = { stream: 'rtsp://camera/1', fpsMax: 900, masks: [{ type: 'privat', polygon: [] }] };
    const panel = { gbt26875: { address: '01:02', systemAddress: 1, componentAddress: 7 } };
    const smoke = await admin.post('/api/devices', { ...camera, kind: 'smoke-detector', options: panel });
    expect(smoke.body.error.details).toMatchObject([{ path: '/options/gbt26875/address' }]);
    const refused = await admin.post('/api/devices', { ...camera, options: wrong });
    expect(refused.status).toBe(422);
    const paths = (refused.body.error.details as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(['/options/masks/0/type', '/options/masks/0/polygon', '/options/fpsMax']);
    expect((await admin.get('/api/devices/camera-9')).status).toBe(404);
    expect((await admin.post('/api/devices', { ...camera, options: { fpsMax: 12 } })).status).toBe(201);
    expect((await admin.call('PATCH', '/api/devices/camera-9', { options: wrong })).status).toBe(422);
    expect((await admin.get('/api/devices/camera-9')).body.options).toEqual({ fpsMax: 12 });
    expect((await admin.call('DELETE', '/api/devices/camera-9')).status).toBe(204);
  });

  it('never shows a secret or its hash', async () => {
    const made = await real.admin.post('/api/devices', {
      id: 'secret-1',
      kind: 'fire-door',
      communityId: 'garden',
      location: {},
    });
    expect(made.body.secret).toMatch(/^[\w-]{20,}$/);
    const shown = JSON.stringify([
      (await real.admin.get('/api/devices/secret-1')).body,
      (await real.admin.get('/api/gateways')).body,
      (await real.admin.get('/api/users')).body,
      (await real.admin.get('/api/audit?limit=500')).body,
    ]);
    expect(shown).not.toContain(made.body.secret);
    expect(shown).not.toMatch(/scrypt|secretHash|passwordHash/i);
  });

  it('says a secret once: enrolling twice is a conflict, rotating gives another', async () => {
    const enrol = { id: 'twice', kind: 'fire-door', communityId: 'garden', location: {} };
    const first = await real.admin.post('/api/devices', enrol);
    expect((await real.admin.post('/api/devices', enrol)).status).toBe(409);
    const rotated = await real.admin.post('/api/devices/twice/rotate-secret');
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).not.toBe(first.body.secret);
    expect((await real.admin.call('DELETE', '/api/devices/twice')).status).toBe(204);
    expect((await real.admin.get('/api/devices/twice')).status).toBe(404);
  });

  it('is documented: every route of the API stands in the OpenAPI document', async () => {
    const { paths } = (await real.anybody.get('/openapi.json')).body;
    const documented = Object.keys(paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'));
    for (const { url } of real.hub.app.routeTable) expect(documented, url).toContain(url);
  });
});

describe('behind https', () => {
  it('the cookie is Secure and the browser is told to stay with https', async () => {
    const behind = await startRealHub({ LINLI_HUB_PUBLIC_URL: 'https://linli.example' });
    const answer = await behind.anybody.post('/api/session', { username: 'admin', password: 'wrong' });
    expect(answer.headers.get('strict-transport-security')).toContain('max-age');
    await behind.stop();
  });
});
