/** Gateways and hub over a broker of somebody else: the same words, and nothing is lost while the hub restarts. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ack } from '../../core/envelope.ts';
import { acceptMqtt } from '../../core/mqtt5.ts';
import { device, login, makeFolder, startInProcess } from '../edge/support/gateway.ts';
import { connectGateway, type Person, type RealHub, raised, startRealHub, type TestGateway } from './real-hub.ts';

describe('an external broker', () => {
  let broker: Aedes;
  let server: Server;
  let real: RealHub;
  let gateway: TestGateway;
  let guard: Person;
  beforeAll(async () => {
    broker = await Aedes.createBroker();
    server = createServer((socket) =>
      acceptMqtt(socket, { connectTimeoutMs: 5_000, frameBytesMax: 1_000_000 }, (stream) => broker.handle(stream)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    real = await startRealHub({ LINLI_UPLINK_BROKER_URL: `mqtt://127.0.0.1:${port}` });
    await real.admin.post('/api/communities', { id: 'garden', name: '花园', type: '商品房' });
    await real.admin.post('/api/gateways', { id: 'gw-a', communityId: 'garden', name: 'a' });
    guard = await real.person('guard', ['garden']);
    gateway = await connectGateway({ id: 'gw-a', communityId: 'garden', secret: 'the broker’s own', port: () => port });
  }, 60_000);
  afterAll(async () => {
    await gateway?.close();
    await real?.stop();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    server.close();
  });

  it('carries batches, acknowledgements and what people say', async () => {
    await gateway.send('urgent', [raised(gateway, 'one')]);
    expect((await guard.post('/api/alarms/one/ack')).status).toBe(200);
    const told = () => gateway.downlinks.some(({ body }) => JSON.stringify(body).includes('"acknowledged"'));
    await expect.poll(told, { timeout: 15_000 }).toBe(true);
  });

  it('keeps what a gateway says while the hub restarts', async () => {
    const before = gateway.acks.length;
    const restarted = real.restart();
    await gateway.transmit('urgent', [raised(gateway, 'meanwhile')]);
    await restarted;
    await expect.poll(() => gateway.acks.length, { timeout: 15_000 }).toBeGreaterThan(before);
    expect((await guard.get('/api/alarms/meanwhile')).status).toBe(200);
  });

  it('does not let an unknown gateway in', async () => {
    const { connectAsync } = await import('mqtt');
    const { port } = server.address() as AddressInfo;
    const stranger = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'stranger' });
    await stranger.publishAsync('linli-uplink/v1/gw-x/up/urgent', 'x', { qos: 1 });
    await stranger.endAsync();
    await gateway.send('urgent', [raised(gateway, 'after')]);
    const metrics = await (await fetch(`${real.url}/metrics`)).text();
    expect(metrics).toMatch(/linli_hub_refused_total\{place="uplink",reason="unknown-gateway"\} 1/);
  });

  it('that loses a batch in the middle of a lane is found out: the hub asks again and takes nothing out of turn', async () => {
    const first = await gateway.send('event', [event('e-1')]);
    const afterFirst = { after: first.seq };
    const lost = first.seq + 1;
    const answer = await sendBehindHole([event('e-3')], { seq: lost + 1, after: lost });
    expect(answer).toEqual({ at: expect.any(Number), epoch: 'e1', lane: 'event', seq: first.seq, missing: true });
    expect(await eventsAtHub()).toEqual(['e-1']);
    await gateway.send('event', [event('e-2')], { ...afterFirst, seq: lost });
    const last = await gateway.send('event', [event('e-3')], { seq: lost + 1, after: lost });
    expect(last).toEqual({ at: expect.any(Number), epoch: 'e1', lane: 'event', seq: lost + 1 });
    expect((await eventsAtHub()).sort()).toEqual(['e-1', 'e-2', 'e-3']);
    const metrics = await (await fetch(`${real.url}/metrics`)).text();
    expect(metrics).toMatch(/linli_hub_ingest_batches_total\{lane="event",outcome="missing"\} 1/);
  });

  it('that drops batches of a real gateway loses nothing', async () => {
    const { port } = server.address() as AddressInfo;
    let batches = 0;
    let dropped = 0;
    // Batches of telemetry get their PUBACK and go nowhere.
    broker.authorizePublish = (_client, packet, done) => {
      if (!/gw-1\/up\/(telemetry|backlog)$/.test(packet.topic)) return done(null);
      batches += 1;
      if (batches % 3 === 2 && dropped < 2) {
        dropped += 1;
        packet.topic = 'dropped';
      }
      done(null);
    };
    await real.admin.post('/api/communities', { id: 'jinxiu', name: '锦绣', type: '商品房' });
    await real.admin.post('/api/gateways', { id: 'gw-1', communityId: 'jinxiu', name: '1' });
    const folder = makeFolder({
      hub: { url: `mqtt://127.0.0.1:${port}`, secretFile: 'secret' },
      outbox: { lingerMs: 0 },
    });
    const edge = await startInProcess(folder);
    // The hub's register is empty and replaces the file's.
    const { secret } = (
      await real.admin.post('/api/devices', {
        id: 'smoke-1',
        kind: 'smoke-detector',
        communityId: 'jinxiu',
        location: { room: '1' },
      })
    ).body;
    const connect = () => login(edge.mqttUrl, 'smoke-1', { password: secret }).catch(() => undefined);
    await expect.poll(async () => (await connect())?.end() !== undefined, { timeout: 20_000 }).toBe(true);
    const client = await login(edge.mqttUrl, 'smoke-1', { password: secret });
    const from = Date.now();
    const path = `/api/devices/smoke-1/series?field=smokeDbPerM&from=${from}&to=${from + 1_000}&stepMs=1000`;
    const count = async () => {
      const points = (await real.admin.get(path)).body.points as number[][];
      return points.reduce((sum, point) => sum + (point.at(-1) ?? 0), 0);
    };
    for (let index = 0; index < 40; index += 1) {
      await client.publishAsync(
        'linli/jinxiu/smoke-detector/smoke-1/telemetry',
        JSON.stringify({ smokeDbPerM: index / 10_000, temperatureCelsius: 20, at: from + index }),
        { qos: 1 },
      );
      // At least four batches, however busy the machine.
      if (index % 10 === 9) await expect.poll(count, { timeout: 60_000 }).toBe(index + 1);
    }
    expect(dropped).toBeGreaterThan(0);
    await client.endAsync();
    await edge.stop();
    folder.remove();
  }, 120_000);

  it('that loses the last batch of a lane is found out by the next heartbeat, with nothing behind it', async () => {
    const epoch = 'e-tail';
    const first = await gateway.send('event', [event('tail-1')], { epoch, seq: 1 });
    const answered = async (underWay: Record<string, number>) => {
      const before = gateway.acks.length;
      await gateway.heartbeat({ epoch, underWay });
      await expect.poll(() => gateway.acks.length, { timeout: 15_000 }).toBeGreaterThan(before);
      return gateway.acks.slice(before);
    };
    const stored = { at: expect.any(Number), epoch, lane: 'event', seq: first.seq };
    expect(await answered({ event: 1 })).toEqual([stored]);
    expect(await answered({ event: 2 })).toEqual([{ ...stored, missing: true }]);
    expect(await answered({ telemetry: 3, lane: 9 })).toEqual([
      { ...stored, lane: 'telemetry', seq: 0, missing: true },
    ]);
  });

  it('that drops the last batch of a real gateway: the gateway asks, and sends it again', async () => {
    const { port } = server.address() as AddressInfo;
    const missed = async () =>
      Number(
        /ingest_batches_total\{lane="telemetry",outcome="missing"\} (\d+)/.exec(
          await (await fetch(`${real.url}/metrics`)).text(),
        )?.[1] ?? 0,
      );
    const missedBefore = await missed();
    let dropped = 0;
    broker.authorizePublish = (_client, packet, done) => {
      if (packet.topic.endsWith('gw-tail/up/telemetry') && dropped === 0) {
        dropped += 1;
        packet.topic = 'dropped';
      }
      done(null);
    };
    await real.admin.post('/api/gateways', { id: 'gw-tail', communityId: 'garden', name: 'tail' });
    const bin = device('bin-tail', 'smart-bin', { communityId: 'garden', gatewayId: 'gw-tail' });
    const { body } = await real.admin.post('/api/devices', { ...bin, secretHashes: undefined });
    const hub = { url: `mqtt://127.0.0.1:${port}`, secretFile: 'secret' };
    const folder = makeFolder({ gateway: { id: 'gw-tail', communityId: 'garden' }, hub }, []);
    const edge = await startInProcess(folder);
    const registry = async () => (await real.admin.get('/api/gateways/gw-tail')).body.registry.running;
    await expect.poll(registry, { timeout: 20_000 }).toBeGreaterThan(0);
    const client = await login(edge.mqttUrl, 'bin-tail', { password: body.secret });
    const at = Date.now();
    const payload = JSON.stringify({ fillPercent: 40, temperatureCelsius: 20, stream: 'kitchen', at });
    await client.publishAsync('linli/garden/smart-bin/bin-tail/telemetry', payload, { qos: 1 });
    const path = `/api/devices/bin-tail/series?field=fillPercent&from=${at}&to=${at + 1}&stepMs=1`;
    const points = async () => (await real.admin.get(path)).body.points.length;
    await expect.poll(points, { timeout: 60_000 }).toBe(1);
    expect(dropped).toBe(1);
    // The hub missed it: a time-out of the gateway would have sent it again without a word.
    expect(await missed()).toBeGreaterThan(missedBefore);
    await client.endAsync();
    await edge.stop();
    folder.remove();
  }, 120_000);

  const event = (id: string) => ({
    type: 'event',
    id,
    deviceId: 'smoke-1',
    kind: 'smoke-detector',
    communityId: 'garden',
    at: 1_760_000_000_000,
    receivedAt: 1_760_000_000_000,
    quality: 'good',
    event: 'test',
    fields: {},
  });
  const eventsAtHub = async (): Promise<string[]> =>
    (await guard.get('/api/events')).body.items.map(({ id }: { id: string }) => id);
  async function sendBehindHole(entries: unknown[], batch: { seq: number; after: number }): Promise<Ack> {
    const before = gateway.acks.length;
    await gateway.transmit('event', entries, batch);
    await expect.poll(() => gateway.acks.length, { timeout: 15_000 }).toBeGreaterThan(before);
    return gateway.acks.at(-1) as Ack;
  }
});
