/** Claim codes: a gateway and a batch of devices enrol themselves, each code as often as it says and no longer. */
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSecret } from '../../core/ids.ts';
import { newClaimCode, readClaimCode } from '../../hub/claims/code.ts';
import { type Person, type RealHub, startRealHub } from './real-hub.ts';

let real: RealHub;
let street: Person;

beforeAll(async () => {
  real = await startRealHub({ LINLI_UPLINK_PUBLIC_URL: 'mqtt://uplink.example:1882' });
  street = await real.person('street');
  await real.gateway('gw-a', 'garden');
}, 120_000);
afterAll(() => real?.stop());

const redeem = (body: Record<string, unknown>) => real.anybody.post('/api/claims/redeem', body);
async function gatewayCode(gatewayId: string): Promise<{ id: string; code: string }> {
  const wanted = { type: 'gateway', gatewayId, communityId: 'garden', name: '东门网关' };
  const made = await street.post('/api/claims', wanted);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}
async function devicesCode(usesMax: number, kinds = ['smoke-detector']): Promise<{ id: string; code: string }> {
  const made = await street.post('/api/claims', {
    type: 'devices',
    gatewayId: 'gw-a',
    name: '3号楼烟感',
    kinds,
    usesMax,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}
const smoke = (id: string) => ({ id, kind: 'smoke-detector', location: { building: '3', floor: 5 } });
const stateOf = async (id: string) =>
  (await street.get('/api/claims')).body.items.find((one: { id: string }) => one.id === id)?.state;

describe('the text of a code', () => {
  it('is read however it was typed', () => {
    const { text, id, secret } = newClaimCode();
    expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(readClaimCode(` ${text.toLowerCase().replaceAll('-', ' ')}\n`)).toEqual({ id, secret });
    expect(readClaimCode(text.replaceAll('0', 'o').replaceAll('1', 'l'))).toEqual({ id, secret });
    for (const wrong of ['', 'x', text.slice(1), `${text}A`, text.replace(/^./, 'U')])
      expect(readClaimCode(wrong)).toBeUndefined();
  });
});

describe('a code for a gateway', () => {
  it('gives identity and uplink once; the same claimant may ask again, nobody else', async () => {
    const { id, code } = await gatewayCode('gw-east');
    const secret = newSecret();
    const first = await redeem({ code, secret });
    expect(first).toMatchObject({
      status: 200,
      body: {
        type: 'gateway',
        gateway: { id: 'gw-east', communityId: 'garden', name: '东门网关' },
        secret,
        uplink: { url: 'mqtt://uplink.example:1882', ca: null },
      },
    });
    expect((await redeem({ code, secret })).body).toEqual(first.body);
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${real.uplinkPort}`, {
      username: 'gw-east',
      password: secret,
      reconnectPeriod: 0,
    });
    await client.endAsync();
    const other = await redeem({ code, secret: newSecret() });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    expect(other.body.error.message).toMatch(/was used, last at .*have a new one made/);
    expect(await stateOf(id)).toBe('used');
    const log = (await real.admin.get('/api/audit?limit=50')).body.items.filter(
      (line: { target: { id: string } }) => line.target.id === id,
    );
    expect(log.map((line: { action: string }) => line.action).reverse()).toEqual([
      'claim.created',
      'claim.redeemed',
      'claim.refused',
    ]);
    expect(JSON.stringify(log)).not.toContain(secret);
  });

  it('is kept as a hash only and shown once', async () => {
    const { id, code } = await gatewayCode('gw-hash');
    const listed = JSON.stringify((await street.get('/api/claims')).body);
    expect(listed).toContain(id);
    expect(listed).not.toContain(code.replaceAll('-', '').slice(8));
    const row = await real.hub.services.records.db
      .withTables<{ claims: { id: string; codeHash: string } }>()
      .selectFrom('claims')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.codeHash).toMatch(/^scrypt\$/);
    expect(JSON.stringify(row)).not.toContain(code.replaceAll('-', '').slice(8));
  });

  it('cannot be had twice at the same moment', async () => {
    const { code } = await gatewayCode('gw-race');
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem({ code, secret: newSecret() })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  });

  it('that was revoked or has expired says so to whoever holds it', async () => {
    const revoked = await gatewayCode('gw-revoked');
    expect((await street.call('DELETE', `/api/claims/${revoked.id}`)).status).toBe(204);
    expect((await redeem({ code: revoked.code })).body.error.message).toMatch(/was revoked/);
    const expired = await gatewayCode('gw-expired');
    await real.hub.services.records.db
      .withTables<{ claims: { id: string; expiresAt: number } }>()
      .updateTable('claims')
      .set({ expiresAt: Date.now() - 1 })
      .where('id', '=', expired.id)
      .execute();
    const answer = await redeem({ code: expired.code });
    expect(answer).toMatchObject({ status: 409 });
    expect(answer.body.error.message).toMatch(/expired at \d{4}-\d\d-\d\d \d\d:\d\d: have a new one made/);
    expect(await stateOf(expired.id)).toBe('expired');
  });

  it('is refused for an id that is taken and a community that is none', async () => {
    const wanted = { type: 'gateway', gatewayId: 'gw-a', communityId: 'garden', name: 'x' };
    expect((await street.post('/api/claims', wanted)).status).toBe(409);
    const nowhere = { ...wanted, gatewayId: 'gw-new', communityId: 'nowhere' };
    expect((await street.post('/api/claims', nowhere)).status).toBe(422);
  });
});

describe('a code for a batch of devices', () => {
  it('gives each a login of its own until it is used up', async () => {
    const { code, id } = await devicesCode(2);
    const one = await redeem({ code, device: smoke('batch-1') });
    expect(one).toMatchObject({
      status: 200,
      body: { type: 'device', username: 'batch-1', topic: 'linli/garden/smoke-detector/batch-1/' },
    });
    const two = await redeem({ code, device: smoke('batch-2') });
    expect(two.body.secret).not.toBe(one.body.secret);
    expect(await stateOf(id)).toBe('used');
    expect((await redeem({ code, device: smoke('batch-3') })).body.error.message).toMatch(/used all 2 times/);
    const known = (await real.admin.get('/api/devices?gatewayId=gw-a')).body.items;
    expect(known.map((device: { id: string }) => device.id)).toEqual(['batch-1', 'batch-2']);
    expect(known[0].name).toBe('3号楼5层');
  });

  it('answers the same device again and takes no other for it', async () => {
    const { code } = await devicesCode(5);
    const secret = newSecret();
    const first = await redeem({ code, secret, device: smoke('again-1') });
    expect((await redeem({ code, secret, device: smoke('again-1') })).body).toEqual(first.body);
    expect((await redeem({ code, device: smoke('again-1') })).status).toBe(409);
    const [claim] = (await street.get('/api/claims')).body.items;
    expect(claim).toMatchObject({ uses: 1, usesMax: 5, state: 'open' });
  });

  it('takes only the kinds it names, and names the fault', async () => {
    const { code } = await devicesCode(5);
    const answer = await redeem({ code, device: { id: 'gate-9', kind: 'access-gate' } });
    expect(answer).toMatchObject({ status: 422, body: { error: { details: [{ path: '/device/kind' }] } } });
    expect((await redeem({ code })).body.error.message).toMatch(/is for devices/);
    const forGateway = await gatewayCode('gw-unspent');
    expect((await redeem({ code: forGateway.code, device: smoke('x') })).body.error.message).toMatch(
      /is for a gateway/,
    );
    expect(await stateOf(forGateway.id)).toBe('open');
    expect((await redeem({ code, secret: 'short', device: smoke('weak') })).status).toBe(422);
  });
});

describe('guessing', () => {
  it('tells nothing, is counted, and is slowed', async () => {
    const { code } = await gatewayCode('gw-guess');
    const wrong = `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`;
    const unknown = newClaimCode().text;
    const messages = [];
    for (const guess of [wrong, unknown]) {
      const answer = await redeem({ code: guess });
      expect(answer.status).toBe(401);
      messages.push(answer.body.error.message);
    }
    expect(messages[0]).toBe(messages[1]);
    for (let tries = 0; tries < 4; tries += 1) await redeem({ code: wrong });
    const slowed = await redeem({ code });
    expect(slowed.status).toBe(429);
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    const metrics = await (await fetch(`${real.url}/metrics`)).text();
    expect(metrics).toMatch(/linli_hub_refused_total\{place="claim",reason="wrong-code"\} \d/);
    expect(metrics).toMatch(/linli_hub_refused_total\{place="claim",reason="too-many"\} \d/);
  });
});
