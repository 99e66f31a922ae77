import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alarmsOf,
  DEVICES,
  getJson,
  login,
  makeFolder,
  metric,
  type RunningGateway,
  SECRET,
  startInProcess,
  type TestFolder,
} from './support/gateway.ts';

const TOPIC = 'linli/jinxiu/smoke-detector/smoke-1';
const CALM = JSON.stringify({ smokeDbPerM: 0.05, temperatureCelsius: 21 });

interface DeviceItem {
  id: string;
  liveness: string;
  values: { field: string; value: unknown; quality: string; at: number }[];
}

describe('a gateway without a hub', () => {
  let folder: TestFolder;
  let gateway: RunningGateway;

  beforeAll(async () => {
    folder = makeFolder();
    gateway = await startInProcess(folder);
  });
  afterAll(async () => {
    await gateway?.stop();
    folder?.remove();
  });

  const deviceItem = async (id: string) =>
    (await getJson<{ items: DeviceItem[] }>(`${gateway.panelUrl}/api/devices`)).items.find((one) => one.id === id);

  const logins: [string, string | undefined, string | undefined, boolean][] = [
    ['its own secret', 'smoke-1', SECRET, true],
    ['a wrong secret', 'smoke-1', 'wrong', false],
    ['the name of no device', 'smoke-9', SECRET, false],
    ['no name', undefined, undefined, false],
    ['a name and no secret', 'smoke-1', undefined, false],
  ];
  for (const [what, username, password, allowed] of logins) {
    for (const protocolVersion of [4, 5] as const) {
      it(`${allowed ? 'lets in' : 'refuses'} a device with ${what} (protocol level ${protocolVersion})`, async () => {
        const more = { protocolVersion, username, password } as Parameters<typeof login>[2];
        const attempt = login(gateway.mqttUrl, '', { ...more, clientId: `t-${protocolVersion}` });
        if (!allowed) return expect(attempt).rejects.toThrow();
        return (await attempt).endAsync();
      });
    }
  }

  const topics: [string, string, boolean][] = [
    ['its own telemetry', `${TOPIC}/telemetry`, true],
    ["another device's telemetry", 'linli/jinxiu/smart-bin/bin-1/telemetry', false],
    ['another kind under its own id', 'linli/jinxiu/smart-bin/smoke-1/telemetry', false],
    ['another community', 'linli/other/smoke-detector/smoke-1/telemetry', false],
    ['its own command topic', `${TOPIC}/command`, false],
    ['a channel that does not exist', `${TOPIC}/gossip`, false],
    ['a longer topic below its own', `${TOPIC}/telemetry/more`, false],
    ['something else altogether', 'weather', false],
    ['the uplink', 'linli-uplink/v1/gw-1/up/telemetry', false],
  ];
  for (const [what, topic, allowed] of topics) {
    it(`${allowed ? 'takes' : 'refuses'} what a device publishes on ${what}`, async () => {
      const client = await login(gateway.mqttUrl, 'smoke-1', { protocolVersion: 5 });
      const attempt = client.publishAsync(topic, CALM, { qos: 1 });
      if (allowed) await attempt;
      else await expect(attempt).rejects.toMatchObject({ code: expect.any(Number) });
      // The connection stays open either way.
      await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
      await client.endAsync();
    });
  }

  const filters: [string, string, boolean][] = [
    ['its own commands', `${TOPIC}/command`, true],
    ['all of its own', `${TOPIC}/#`, true],
    ["another device's commands", 'linli/jinxiu/smart-bin/bin-1/command', false],
    ['everything', '#', false],
    ['the whole community', 'linli/jinxiu/#', false],
    ['all smoke detectors', 'linli/jinxiu/smoke-detector/+/command', false],
    ['the broker itself', '$SYS/#', false],
  ];
  for (const [what, filter, allowed] of filters) {
    it(`${allowed ? 'lets' : 'does not let'} a device subscribe to ${what}`, async () => {
      const client = await login(gateway.mqttUrl, 'smoke-1', { protocolVersion: 5 });
      const attempt = client.subscribeAsync(filter, { qos: 1 });
      if (allowed) await attempt;
      else await expect(attempt).rejects.toThrow();
      await client.endAsync();
    });
  }

  it('keeps a device from taking over the session of another by its client id', async () => {
    const client = await login(gateway.mqttUrl, 'smoke-1', { clientId: 'same' });
    const other = await login(gateway.mqttUrl, 'bin-1', { clientId: 'same' });
    await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
    expect(client.connected && other.connected).toBe(true);
    await Promise.all([client.endAsync(), other.endAsync()]);
  });

  const bad: [string, string, string][] = [
    ['not JSON', '{', 'not-json'],
    ['no object', '[]', 'not-an-object'],
    ['a wrong type', '{"smokeDbPerM":"much","temperatureCelsius":1}', 'wrong-type'],
    ['a missing field', '{"smokeDbPerM":1}', 'missing-field'],
    ['an unknown field', '{"smokeDbPerM":1,"temperatureCelsius":1,"colour":2}', 'unknown-field'],
    ['out of range', '{"smokeDbPerM":11,"temperatureCelsius":1}', 'out-of-range'],
    ['over 64 KiB', `{"smokeDbPerM":1,"x":"${'x'.repeat(65_536)}"}`, 'too-large'],
  ];
  for (const [what, payload, reason] of bad) {
    it(`refuses a payload that is ${what}, counts it, keeps it as a dead letter, and stays connected`, async () => {
      const client = await login(gateway.mqttUrl, 'smoke-1');
      await client.publishAsync(`${TOPIC}/telemetry`, payload, { qos: 1 });
      await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
      expect(client.connected).toBe(true);
      await client.endAsync();
      await expect.poll(async () => (await deadLetters())[0]?.reason, { timeout: 10_000 }).toBe(reason);
      const metrics = await (await fetch(`${gateway.panelUrl}/metrics`)).text();
      await expect.poll(() => metrics.includes('linli_edge_refused_total') || null, { timeout: 5_000 }).toBe(true);
    });
  }
  const deadLetters = async () =>
    (
      await getJson<{ items: { reason: string; deviceId: string; payloadBytes: number }[] }>(
        `${gateway.panelUrl}/api/dead-letters`,
      )
    ).items;

  it('refuses a payload far beyond all limits without keeping it, and stays connected', async () => {
    const client = await login(gateway.mqttUrl, 'smoke-1');
    await client.publishAsync(`${TOPIC}/telemetry`, Buffer.alloc(20 << 20), { qos: 1 });
    await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
    expect(client.connected).toBe(true);
    await client.endAsync();
    const refused = { reason: 'too-large', payloadBytes: 20 << 20 };
    await expect.poll(async () => (await deadLetters())[0], { timeout: 10_000 }).toMatchObject(refused);
  });

  it('refuses a picture over 8 MiB by its size and stays connected', async () => {
    const client = await login(gateway.mqttUrl, 'camera-1');
    const topic = 'linli/jinxiu/high-throw-camera/camera-1';
    await client.publishAsync(`${topic}/frame`, Buffer.alloc((8 << 20) + 1), { qos: 0 });
    await client.publishAsync(`${topic}/frame`, Buffer.alloc(9 << 20), { qos: 1 });
    await client.publishAsync(`${topic}/telemetry`, JSON.stringify({ fps: 12 }), { qos: 1 });
    expect(client.connected).toBe(true);
    await client.endAsync();
    const tooLarge = async () => (await deadLetters()).filter((one) => one.reason === 'frame-too-large').length;
    await expect.poll(tooLarge, { timeout: 10_000 }).toBe(2);
  });

  it('cuts a connection that announces any other packet beyond all bounds, and serves the others', async () => {
    const socket = connect(Number(new URL(gateway.mqttUrl).port), '127.0.0.1');
    const text = (value: string) => Buffer.from([0, value.length, ...Buffer.from(value)]);
    const body = Buffer.concat([
      text('MQTT'),
      Buffer.from([4, 0xc2, 0, 60]),
      text('raw'),
      text('smoke-1'),
      text(SECRET),
    ]);
    socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
    await new Promise((resolve) => socket.once('data', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // SUBSCRIBE with 200 MB of filters to come.
    socket.write(Buffer.from([0x82, 0x80, 0xc2, 0xd7, 0x5f]));
    await closed;
    const other = await login(gateway.mqttUrl, 'bin-1');
    await other.endAsync();
  });

  it('shows the newest values with their quality and clamps a time that is far ahead', async () => {
    const client = await login(gateway.mqttUrl, 'bin-1');
    const payload = { at: Date.now() + 3_600_000, fillPercent: 12, temperatureCelsius: 20, stream: 'kitchen' };
    await client.publishAsync('linli/jinxiu/smart-bin/bin-1/telemetry', JSON.stringify(payload), { qos: 1 });
    await client.endAsync();
    await expect
      .poll(async () => (await deviceItem('bin-1'))?.values.find((value) => value.field === 'fillPercent'))
      .toMatchObject({ value: 12, quality: 'clamped' });
    await expect.poll(async () => (await deviceItem('bin-1'))?.liveness, { timeout: 5_000 }).toBe('online');
    expect((await deviceItem('gate-1'))?.liveness).toBe('unknown');
  });

  it('raises an alarm and lets the guard booth acknowledge it', async () => {
    const client = await login(gateway.mqttUrl, 'smoke-1');
    await client.publishAsync(`${TOPIC}/event`, JSON.stringify({ type: 'alarm' }), { qos: 1 });
    await client.endAsync();
    const fire = async () => (await alarmsOf(gateway.panelUrl)).find((one) => one.rule === 'fire');
    await expect.poll(async () => (await fire())?.state).toBe('unacked');
    const id = (await fire())?.id;
    const ack = () =>
      fetch(`${gateway.panelUrl}/api/alarms/${id}/ack`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ note: '已到现场', username: 'booth' }),
      });
    expect(await (await ack()).json()).toMatchObject({ state: 'acked', ackedBy: 'booth' });
    expect((await ack()).status).toBe(409);
    expect((await fetch(`${gateway.panelUrl}/api/alarms/nothing/ack`, { method: 'POST' })).status).toBe(404);
  });

  it('makes a log-in with wrong secrets slower and slower, and never the one that is known', async () => {
    await (await login(gateway.mqttUrl, 'gate-1')).endAsync();
    const attempts = Array.from({ length: 12 }, (_, index) =>
      login(gateway.mqttUrl, 'gate-1', { password: `guess ${index}`, clientId: `g-${index}` }).catch(() => 'refused'),
    );
    const startedAt = performance.now();
    await Promise.all(attempts);
    await login(gateway.mqttUrl, 'gate-1', { password: 'one more' }).catch(() => {});
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    const knownAt = performance.now();
    await (await login(gateway.mqttUrl, 'gate-1')).endAsync();
    expect(performance.now() - knownAt).toBeLessThan(900);
  });

  it('answers on its health and its metrics', async () => {
    expect((await fetch(`${gateway.panelUrl}/healthz`)).status).toBe(200);
    expect(await metric(gateway.panelUrl, 'linli_edge_devices')).toBe(DEVICES.length);
  });
});
