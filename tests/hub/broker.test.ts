/** Gateways and hub over a broker of somebody else: the same words, and nothing is lost while the hub restarts. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptMqtt } from '../../core/mqtt5.ts';
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
});
