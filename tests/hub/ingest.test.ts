/** What the hub does with the batches of gateways: stored once, in order, then acknowledged; nobody speaks for another. */
import { createHash } from 'node:crypto';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uplinkTopics } from '../../core/envelope.ts';
import type { AlarmChange } from '../../hub/alarms/alarms.ts';
import { type Person, type RealHub, raised, startRealHub, type TestGateway, telemetry } from './real-hub.ts';

let real: RealHub;
let gateway: TestGateway;
let other: TestGateway;
let guard: Person;

beforeAll(async () => {
  real = await startRealHub();
  gateway = await real.gateway('gw-a', 'garden');
  other = await real.gateway('gw-b', 'old-lane');
  guard = await real.person('guard', ['garden']);
  for (const id of ['smoke-1', 'smoke-2', 'smoke-3']) {
    const made = await real.admin.post('/api/devices', {
      id,
      kind: 'smoke-detector',
      communityId: 'garden',
      location: { building: '3', unit: '2', floor: 5, room: '502' },
    });
    expect(made.status).toBe(201);
  }
}, 120_000);
afterAll(() => real?.stop());

const START = 1_760_000_000_000;
const points = async (deviceId: string) =>
  (await guard.get(`/api/devices/${deviceId}/series?field=smokeDbPerM&from=${START}&to=${START + 60_000}&stepMs=60000`))
    .body.points;

describe('a batch', () => {
  it('is acknowledged when it is stored, and changes nothing when it comes again', async () => {
    const entries = [telemetry(gateway, 'smoke-1', START, { smokeDbPerM: [0.1, 0.3], temperatureCelsius: [20, null] })];
    const ack = await gateway.send('telemetry', entries, { seq: 1 });
    expect(ack).toEqual({ at: expect.any(Number), epoch: 'e1', lane: 'telemetry', seq: 1 });
    expect(await gateway.send('telemetry', entries, { seq: 1 })).toEqual({ ...ack, at: expect.any(Number) });
    expect(await points('smoke-1')).toEqual([[START - (START % 60_000), 0.1, 0.2, 0.3, 2]]);
  });

  it('of a newer gateway is stored without the fields that this hub does not know, which are counted', async () => {
    const count = async (message: string) =>
      Number(
        new RegExp(`linli_hub_uplink_unknown_fields_total\\{message="${message}"\\} (\\d+)`).exec(
          await (await fetch(`${real.url}/metrics`)).text(),
        )?.[1] ?? 0,
      );
    expect(await count('batch')).toBe(0);
    const { fact } = raised(gateway, 'newer');
    const newer = {
      type: 'fact',
      fact: { ...fact, weather: 'rain', body: { ...fact.body, floorPlan: { x: 1 } } },
      hint: 1,
    };
    const more = { urgency: 3 } as object;
    const ack = await gateway.send('alarm', [newer], more);
    expect(ack.rejected).toBeUndefined();
    expect((await guard.get('/api/alarms/newer')).body).toMatchObject({ state: 'unacked', deviceId: 'smoke-1' });
    expect(await count('batch')).toBe(4);
    await gateway.heartbeat({
      epoch: 'newer',
      devices: { known: 7, online: 1, connected: 1, asleep: 2 },
      mood: 'good',
    });
    const shown = async () => (await guard.get('/api/gateways/gw-a')).body.devices?.known;
    await expect.poll(shown, { timeout: 10_000 }).toBe(7);
    expect(await count('heartbeat')).toBe(1);
  });

  it('is stored once when the hub fails between the series and the records', async () => {
    const { alarms } = real.hub.services;
    const { transact } = alarms;
    let failures = 2;
    alarms.transact = (run) => {
      failures -= 1;
      if (failures >= 0) return Promise.reject(new Error('the disk of the records is full'));
      alarms.transact = transact;
      return transact(run);
    };
    await gateway.send('alarm', [
      telemetry(gateway, 'smoke-2', START, { smokeDbPerM: [1, 2, 3] }),
      raised(gateway, 'crash', { deviceId: 'smoke-2' }),
    ]);
    expect(await points('smoke-2')).toEqual([[START - (START % 60_000), 1, 2, 3, 3]]);
    expect((await guard.get('/api/alarms/crash')).body.count).toBe(1);
  });

  it('waits for the one before it on its lane', async () => {
    const { alarms } = real.hub.services;
    const { transact } = alarms;
    let failed = false;
    alarms.transact = (run) => {
      if (failed) return transact(run);
      failed = true;
      return Promise.reject(new Error('not now'));
    };
    const from = gateway.acks.length;
    await gateway.transmit('urgent', [raised(gateway, 'first')]);
    await gateway.send('urgent', [raised(gateway, 'second')]);
    alarms.transact = transact;
    const seqs = gateway.acks.slice(from).map((ack) => ack.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect((await guard.get('/api/alarms/first')).status).toBe(200);
  });

  it('loses only its bad entries, and the gateway is told which and why', async () => {
    const ack = await gateway.send('event', [
      { type: 'nonsense' },
      raised(gateway, 'good-one'),
      { ...telemetry(gateway, 'smoke-1', START, { smokeDbPerM: [1] }), at: 'soon' },
    ]);
    expect(ack.rejected?.map(({ index }) => index)).toEqual([0, 2]);
    expect(ack.rejected?.[1]?.reason).toContain('at');
    expect((await guard.get('/api/alarms/good-one')).status).toBe(200);
  });

  it('that is no batch is refused and the line stays open', async () => {
    await gateway.client.publishAsync(uplinkTopics.up('gw-a', 'event'), Buffer.from('not a batch'), { qos: 1 });
    await gateway.send('event', [raised(gateway, 'after-rubbish')]);
    const metrics = await (await fetch(`${real.url}/metrics`)).text();
    expect(metrics).toMatch(/linli_hub_ingest_batches_total\{lane="event",outcome="refused"\} 1/);
  });

  it('of a gateway with an empty store begins at one again', async () => {
    const ack = await gateway.send('telemetry', [telemetry(gateway, 'smoke-3', START, { smokeDbPerM: [5] })], {
      epoch: 'e2',
      seq: 1,
    });
    expect(ack.seq).toBe(1);
    expect(await points('smoke-3')).toHaveLength(1);
  });
});

describe('a gateway', () => {
  it('cannot speak for another community or another gateway', async () => {
    await gateway.send('urgent', [raised(gateway, 'mine')]);
    const forged = raised({ id: 'gw-a', communityId: 'garden' }, 'forged');
    const acked = {
      type: 'fact',
      fact: {
        ...raised(other, 'mine').fact,
        id: 'forged-ack',
        body: { type: 'acknowledged', activation: 1 },
      },
    };
    const ack = await other.send('urgent', [
      forged,
      acked,
      { ...telemetry(other, 'smoke-1', START, { smokeDbPerM: [9] }), communityId: 'garden' },
    ]);
    expect(ack.rejected?.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
    expect((await guard.get('/api/alarms/forged')).status).toBe(404);
    expect((await guard.get('/api/alarms/mine')).body.acknowledged).toBe(false);
  });

  it('with a wrong secret is refused', async () => {
    const options = { username: 'gw-a', password: 'wrong', clientId: 'thief', reconnectPeriod: 0 };
    await expect(connectAsync(`mqtt://127.0.0.1:${real.uplinkPort}`, options)).rejects.toThrow();
  });

  it('that publishes or subscribes beyond its own topics is refused, and the others go on', async () => {
    const made = await real.admin.post('/api/gateways', { id: 'gw-c', communityId: 'old-lane', name: 'c' });
    const thief = await connectAsync(`mqtt://127.0.0.1:${real.uplinkPort}`, {
      username: 'gw-c',
      password: made.body.secret,
      clientId: 'gw-c',
      reconnectPeriod: 0,
    });
    const granted = await thief.subscribeAsync(uplinkTopics.allDown('gw-a'), { qos: 1 }).catch(() => [{ qos: 128 }]);
    expect(granted[0]?.qos).toBe(128);
    const closed = new Promise<void>((resolve) => thief.once('close', () => resolve()));
    thief.publish(uplinkTopics.up('gw-a', 'urgent'), 'x');
    await closed;
    await gateway.send('urgent', [raised(gateway, 'still-here')]);
  });

  it('whose secret was replaced and the old one revoked is cut at once', async () => {
    const victim = await real.gateway('gw-d', 'old-lane');
    const closed = new Promise<void>((resolve) => victim.client.once('close', () => resolve()));
    await real.admin.post('/api/gateways/gw-d/rotate-secret', { revokeOld: true });
    await closed;
    await victim.close();
  });

  it('gets what people say at the hub, and the register without secrets', async () => {
    await gateway.send('urgent', [raised(gateway, 'told')]);
    await guard.post('/api/alarms/told/ack', { note: '马上去' });
    const isTold = () =>
      gateway.downlinks.some(
        ({ body }) =>
          body.type === 'facts' &&
          body.facts.some((fact) => fact.body.type === 'acknowledged' && fact.alarmId === 'told'),
      );
    await expect.poll(isTold, { timeout: 10_000 }).toBe(true);
    const made = await real.admin.post('/api/devices', {
      id: 'bin-9',
      kind: 'smart-bin',
      communityId: 'garden',
      location: { spot: '北门' },
    });
    const registry = () => gateway.downlinks.findLast(({ body }) => body.type === 'registry')?.body;
    await expect.poll(() => JSON.stringify(registry()), { timeout: 10_000 }).toContain('bin-9');
    expect(JSON.stringify(registry())).toContain('scrypt$');
    expect(JSON.stringify(gateway.downlinks)).not.toContain(made.body.secret);
  });

  it('is shown with its lag, its backlog and what it lost', async () => {
    await gateway.heartbeat({
      backlog: { telemetry: { batches: 4, bytes: 900, oldestAt: Date.now() - 42_000 } },
      evicted: 7,
    });
    await gateway.send('event', [
      {
        type: 'gap',
        id: 'gap-1',
        lane: 'telemetry',
        deviceId: 'smoke-1',
        fromAt: START,
        toAt: START + 60_000,
        count: 7,
        reason: 'size-cap',
      },
    ]);
    const shown = async () => (await guard.get('/api/gateways')).body.items[0];
    await expect.poll(async () => (await shown()).evicted, { timeout: 5_000 }).toBe(7);
    const item = await shown();
    expect(item).toMatchObject({ id: 'gw-a', link: 'up', backlog: { batches: 4, bytes: 900 } });
    expect(item.lagSeconds).toBeGreaterThan(41);
    expect(item.lastAckedSeq.event).toBeGreaterThan(0);
    const gaps = await guard.get('/api/gaps?deviceId=smoke-1');
    expect(gaps.body.items).toMatchObject([{ id: 'gap-1', count: 7, reason: 'size-cap', fromAt: START }]);
  });
});

describe('a gateway whose clock is wrong', () => {
  const shown = async () => (await guard.get('/api/devices/smoke-1')).body;
  const says = (at: number, value: number) => ({
    type: 'telemetry',
    deviceId: 'smoke-1',
    kind: 'smoke-detector',
    communityId: gateway.communityId,
    at: [at],
    receivedAt: [at],
    quality: ['good'],
    values: { temperatureCelsius: [value] },
  });
  const setClock = async (aheadMs: number) => {
    const skew = async () => (await guard.get('/api/gateways/gw-a')).body.clockSkewMs;
    // A clock that was put back is believed when the last dozen of heartbeats says so.
    for (let beat = 0; beat < 12; beat += 1) await gateway.heartbeat({ at: Date.now() + aheadMs });
    await expect.poll(async () => Math.abs((await skew()) - aheadMs), { timeout: 10_000 }).toBeLessThan(2_000);
  };

  it.for([600_000, -600_000])('by %i ms has its devices shown with their true age', async (aheadMs) => {
    await setClock(aheadMs);
    const sentAt = Date.now();
    const saidAt = sentAt + aheadMs;
    await gateway.send('telemetry', [says(saidAt, 21)]);
    const { lastSeenAt, latest } = await shown();
    expect(Math.abs(lastSeenAt - sentAt)).toBeLessThan(2_000);
    const { at, skewMs, value } = latest.temperatureCelsius;
    expect(at).toBe(saidAt);
    expect(Math.abs(at - skewMs - sentAt)).toBeLessThan(2_000);
    expect(value).toBe(21);
  });

  it('and is put back shows what comes next at once, not when it has caught up', async () => {
    await setClock(600_000);
    await gateway.send('telemetry', [says(Date.now() + 600_000, 30)]);
    await setClock(0);
    await gateway.send('telemetry', [says(Date.now(), 31)]);
    expect((await shown()).latest.temperatureCelsius).toMatchObject({ value: 31 });
  });

  it('a device that tells its own time is not corrected by the clock of the gateway', async () => {
    await setClock(600_000);
    const at = Date.now();
    await gateway.send('telemetry', [{ ...says(at, 33), receivedAt: [at + 600_000] }]);
    expect((await shown()).latest.temperatureCelsius).toEqual({ value: 33, at, quality: 'good' });
    await setClock(0);
  });
});

describe('history', () => {
  it('that is over notifies nobody; a fire that still burns does', async () => {
    const changes: AlarmChange[] = [];
    real.hub.services.alarms.onChange((change) => {
      changes.push(change);
    });
    const over = raised(gateway, 'over');
    const cleared = {
      type: 'fact',
      fact: {
        ...over.fact,
        id: 'over-cleared',
        body: { type: 'cleared', activation: 1, step: 1, reason: 'condition' },
      },
    };
    await gateway.send('urgent', [over, cleared, raised(gateway, 'burning')], { history: true });
    const flags = (id: string) => changes.filter(({ alarm }) => alarm.id === id).map(({ history }) => history);
    await expect.poll(() => flags('burning')[0]).toBe(false);
    expect(flags('over')).toEqual([true, true]);
  });

  it('of readings that came already is merged, not doubled', async () => {
    const at = START + 30_000;
    await gateway.send('telemetry', [telemetry(gateway, 'smoke-3', at, { smokeDbPerM: [1, 2] })]);
    await gateway.send('telemetry', [telemetry(gateway, 'smoke-3', at, { smokeDbPerM: [1, 2, 3] })], { history: true });
    const total = (await points('smoke-3')).reduce((sum: number, point: number[]) => sum + (point[4] ?? 0), 0);
    expect(total).toBe(4);
  });
});

describe('evidence', () => {
  const bytes = Buffer.from('a picture of a falling bottle');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const piece = { id: 'ev-1', type: 'picture', mime: 'image/jpeg', at: START, bytes: bytes.length, sha256 };

  it('is kept by its hash, shown with the alarm, and every look is on the audit log', async () => {
    const alarm = raised(gateway, 'thrown');
    const fact = { type: 'fact', fact: { ...alarm.fact, id: 'ev-fact', body: { type: 'evidence', evidence: piece } } };
    await gateway.send('urgent', [alarm, fact]);
    await gateway.send('evidence', [{ type: 'evidence', alarmId: 'thrown', evidence: piece }], { blob: bytes });
    const { evidence } = (await guard.get('/api/alarms/thrown')).body;
    expect(evidence).toMatchObject([{ id: 'ev-1', type: 'picture', url: '/api/evidence/ev-1' }]);
    const picture = await guard.get('/api/evidence/ev-1');
    expect(picture).toMatchObject({ status: 200, body: bytes.toString() });
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
    const part = await guard.call('GET', '/api/evidence/ev-1', undefined, { range: 'bytes=2-8' });
    expect(part).toMatchObject({ status: 206, body: 'picture' });
    const looks = (await real.admin.get('/api/audit?action=evidence.viewed&targetId=ev-1')).body.items;
    expect(looks).toHaveLength(2);
    const history = (await guard.get('/api/alarms/thrown')).body.history.map((line: { what: string }) => line.what);
    expect(history.filter((what: string) => what === 'evidence-viewed')).toHaveLength(1);
  });

  it('that is not what it says is rejected and not kept', async () => {
    const forged = { ...piece, id: 'ev-2', sha256: 'f'.repeat(64) };
    const ack = await gateway.send('evidence', [{ type: 'evidence', alarmId: 'thrown', evidence: forged }], {
      blob: bytes,
    });
    expect(ack.rejected).toEqual([{ index: 0, reason: 'its bytes do not have its sha256' }]);
    expect((await guard.get('/api/evidence/ev-2')).status).toBe(404);
  });

  it('of another community is not there', async () => {
    const stranger = await real.person('guard', ['old-lane']);
    const foreign = await stranger.get('/api/evidence/ev-1');
    const absent = await stranger.get('/api/evidence/no-such');
    expect([foreign.status, foreign.body]).toEqual([404, absent.body]);
  });
});

describe('the picture of a camera', () => {
  const bytes = Buffer.from('what the camera sees');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const picture = { id: 'view-1', type: 'picture', mime: 'image/jpeg', at: START, bytes: bytes.length, sha256 };
  const entry = { type: 'camera-picture', deviceId: 'camera-1', picture };
  const path = '/api/devices/camera-1/picture';

  beforeAll(async () => {
    const camera = { id: 'camera-1', kind: 'high-throw-camera', communityId: 'garden', location: {}, name: 'camera-1' };
    expect((await real.admin.post('/api/devices', camera)).status).toBe(201);
  });

  it('of another gateway is rejected', async () => {
    const ack = await other.send('evidence', [entry], { blob: bytes });
    expect(ack.rejected).toEqual([{ index: 0, reason: 'a picture of no device of this gateway' }]);
    expect((await guard.get(path)).body).toEqual({ picture: null });
  });

  it('is kept by its hash, shown to whoever may command the camera, and every look is on the audit log', async () => {
    const url = `${path}/view-1`;
    await gateway.send('evidence', [entry], { blob: bytes });
    expect((await guard.get(path)).body).toEqual({ picture: { id: 'view-1', at: START, bytes: bytes.length, url } });
    const seen = await guard.get(url);
    expect(seen).toMatchObject({ status: 200, body: bytes.toString() });
    expect(seen.headers.get('content-type')).toBe('image/jpeg');
    const looks = (await real.admin.get('/api/audit?action=camera.viewed&targetId=camera-1')).body.items;
    expect(looks).toMatchObject([{ detail: { pictureId: 'view-1' }, communityId: 'garden' }]);
    const [stranger, department] = [
      await real.person('guard', ['old-lane']),
      await real.person('department', ['garden']),
    ];
    for (const address of [path, url]) {
      expect((await stranger.get(address)).status).toBe(404);
      expect((await department.get(address)).status).toBe(403);
      expect((await real.anybody.get(address)).status).toBe(401);
    }
  });

  it('gives way to the next one', async () => {
    const later = { ...picture, id: 'view-2', at: START + 60_000 };
    await gateway.send('evidence', [{ ...entry, picture: later }], { blob: bytes });
    expect((await guard.get(path)).body.picture).toMatchObject({ id: 'view-2', at: START + 60_000 });
  });
});
