import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlarmFact } from '../../core/alarm.ts';
import type { Ack, DownlinkBody, Entry } from '../../core/envelope.ts';
import {
  alarmsOf,
  DEVICES,
  device,
  getJson,
  login,
  makeFolder,
  metric,
  type RunningGateway,
  startInProcess,
  type TestFolder,
} from './support/gateway.ts';
import { type StubHub, startStubHub } from './support/stub-hub.ts';

const SMOKE = 'linli/jinxiu/smoke-detector/smoke-1';
const ALARM = JSON.stringify({ type: 'alarm' });

describe('a gateway with a hub', () => {
  let hub: StubHub;
  let folder: TestFolder;
  let gateway: RunningGateway;

  beforeEach(async () => {
    hub = await startStubHub();
    folder = makeFolder({ hub: { url: hub.url, secretFile: 'secret' }, outbox: { lingerMs: 50 } });
    gateway = await startInProcess(folder);
    // The first heartbeat goes out when the link is up.
    await expect.poll(() => hub.heartbeats.length, { timeout: 15_000 }).toBeGreaterThan(0);
  });
  afterEach(async () => {
    await gateway.stop();
    await hub.stop();
    folder.remove();
  });

  const of = <T extends Entry['type']>(type: T) =>
    hub.entries().filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);
  const backlog = async () => {
    const state = await getJson<{ backlog: Record<string, { batches: number }> }>(`${gateway.panelUrl}/api/state`);
    return Object.values(state.backlog).reduce((sum, lane) => sum + lane.batches, 0);
  };
  async function say(topic: string, payload: string, username = 'smoke-1'): Promise<void> {
    const client = await login(gateway.mqttUrl, username);
    await client.publishAsync(topic, payload, { qos: 1 });
    await client.endAsync();
  }

  it('sends facts, events and telemetry on their lanes, and forgets what the hub has', async () => {
    await say(`${SMOKE}/telemetry`, JSON.stringify({ smokeDbPerM: 0.1, temperatureCelsius: 20 }));
    await say(`${SMOKE}/event`, ALARM);
    await expect
      .poll(() => new Set(hub.batches.map((batch) => batch.lane)), { timeout: 15_000 })
      .toEqual(new Set(['urgent', 'event', 'telemetry']));
    expect(of('fact')[0]?.fact.body).toMatchObject({ type: 'raised', rule: 'fire', deviceId: 'smoke-1' });
    expect(of('telemetry')[0]?.values).toEqual({ smokeDbPerM: [0.1], temperatureCelsius: [20] });
    expect(hub.batches.every((batch) => !batch.history)).toBe(true);
    await expect.poll(backlog, { timeout: 10_000 }).toBe(0);
  });

  it('keeps everything while the hub is away and sends it as history, each once', async () => {
    await say(`${SMOKE}/event`, ALARM);
    await expect.poll(() => of('fact').length, { timeout: 15_000 }).toBe(1);
    const { port } = hub;
    await hub.stop();
    for (let index = 0; index < 5; index += 1)
      await say(`${SMOKE}/telemetry`, JSON.stringify({ smokeDbPerM: index / 10, temperatureCelsius: 20 }));
    await expect.poll(backlog).toBeGreaterThan(0);
    hub = await startStubHub(port);
    const values = () => of('telemetry').flatMap((entry) => entry.values.smokeDbPerM ?? []);
    await expect.poll(() => values().length, { timeout: 20_000 }).toBe(5);
    expect(values().sort()).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(hub.batches.filter((batch) => batch.lane === 'telemetry').every((batch) => batch.history)).toBe(true);
    await expect.poll(backlog, { timeout: 10_000 }).toBe(0);
  });

  it('moves what the hub rejects to the dead letters and goes on', async () => {
    hub.judge = ({ epoch, lane, seq }) => ({
      epoch,
      lane,
      seq,
      ...(lane === 'event' && seq === 1 ? { rejected: [{ index: 0, reason: 'not in the mood' }] } : {}),
    });
    await say(`${SMOKE}/event`, ALARM);
    await say(`${SMOKE}/event`, JSON.stringify({ type: 'test' }));
    const letters = () =>
      getJson<{ items: { reason: string; detail: string }[] }>(`${gateway.panelUrl}/api/dead-letters`).then(
        (page) => page.items,
      );
    await expect
      .poll(letters, { timeout: 15_000 })
      .toEqual([expect.objectContaining({ reason: 'hub-rejected', detail: 'not in the mood' })]);
    await expect.poll(backlog, { timeout: 15_000 }).toBe(0);
  });

  it('applies what people say at the hub, and does not send it back', async () => {
    await say(`${SMOKE}/event`, ALARM);
    await expect.poll(() => of('fact').length, { timeout: 15_000 }).toBe(1);
    const raised = of('fact')[0]?.fact as AlarmFact;
    const acknowledged: AlarmFact = {
      id: 'fact-of-the-hub',
      alarmId: raised.alarmId,
      at: Date.now(),
      origin: { type: 'hub', id: 'hub' },
      author: { type: 'person', id: 'guard' },
      body: { type: 'acknowledged', activation: 1 },
    };
    const seq = hub.send({ type: 'facts', facts: [acknowledged] });
    await expect.poll(() => hub.downlinksDone, { timeout: 10_000 }).toContain(seq);
    expect((await alarmsOf(gateway.panelUrl))[0]).toMatchObject({ acknowledged: true });
    // Twice changes nothing.
    const again = hub.send({ type: 'facts', facts: [acknowledged] });
    await expect.poll(() => hub.downlinksDone, { timeout: 10_000 }).toContain(again);
    expect(of('fact').some(({ fact }) => fact.origin.type === 'hub')).toBe(false);
  });

  it('serves a new register at once and cuts who is no longer in it', async () => {
    const gone = await login(gateway.mqttUrl, 'gate-1');
    gone.on('error', () => {});
    const closed = new Promise<void>((resolve) => gone.once('close', () => resolve()));
    const devices = [...DEVICES.filter((one) => one.id !== 'gate-1'), device('bin-2', 'smart-bin')];
    const seq = hub.send({ type: 'registry', version: 1, devices });
    await closed;
    await expect.poll(() => hub.downlinksDone, { timeout: 10_000 }).toContain(seq);
    await (await login(gateway.mqttUrl, 'bin-2')).endAsync();
    await expect(login(gateway.mqttUrl, 'gate-1')).rejects.toThrow();
  });

  it('sends again a span that the hub asks for', async () => {
    await say(`${SMOKE}/telemetry`, JSON.stringify({ smokeDbPerM: 0.3, temperatureCelsius: 20 }));
    await expect.poll(() => of('telemetry').length, { timeout: 15_000 }).toBe(1);
    await expect.poll(backlog, { timeout: 10_000 }).toBe(0);
    hub.send({ type: 'resend', fromAt: 0, toAt: Date.now(), lanes: ['telemetry'] });
    await expect.poll(() => of('telemetry').length, { timeout: 15_000 }).toBe(2);
    expect(hub.batches.at(-1)).toMatchObject({ lane: 'backlog', history: true, seq: 1 });
  });

  it('understands a newer hub: fields it does not know are ignored and counted, an unknown downlink holds up no other', async () => {
    hub.judge = ({ epoch, lane, seq }) => ({ epoch, lane, seq, thanks: 'a lot' }) as Ack;
    await say(`${SMOKE}/event`, ALARM);
    await expect.poll(() => of('fact').length, { timeout: 15_000 }).toBe(1);
    await expect.poll(backlog, { timeout: 10_000 }).toBe(0);
    const dance = hub.send({ type: 'dance', tempo: 120 } as unknown as DownlinkBody);
    const devices = [...DEVICES, { ...device('bin-2', 'smart-bin'), colour: 'green' }];
    const registry = hub.send({ type: 'registry', version: 1, devices, signedBy: 'somebody' } as DownlinkBody);
    await expect.poll(() => hub.downlinksDone, { timeout: 10_000 }).toEqual([dance, registry]);
    await (await login(gateway.mqttUrl, 'bin-2')).endAsync();
    // One in each acknowledgement (of the fact, of the event), the dance, two in the register.
    expect(await metric(gateway.panelUrl, 'linli_edge_hub_unknown_total')).toBeGreaterThanOrEqual(4);
  });

  it('hands a command to its device and reports delivery and reply', async () => {
    const client = await login(gateway.mqttUrl, 'gate-1');
    const topic = 'linli/jinxiu/access-gate/gate-1';
    const command = new Promise<Record<string, unknown>>((resolve) =>
      client.on('message', (_topic, payload) => resolve(JSON.parse(payload.toString()) as Record<string, unknown>)),
    );
    await client.subscribeAsync(`${topic}/command`, { qos: 1 });
    const deadlineAt = Date.now() + 60_000;
    hub.send({
      type: 'command',
      id: 'c-1',
      deviceId: 'gate-1',
      name: 'unlock',
      args: { forMs: 5_000 },
      deadlineAt,
      by: 'guard',
    });
    expect(await command).toEqual({ id: 'c-1', name: 'unlock', args: { forMs: 5_000 }, deadlineAt });
    await client.publishAsync(`${topic}/reply`, JSON.stringify({ id: 'c-1', ok: true, result: 'open' }), { qos: 1 });
    const statuses = () => of('command-status').map((entry) => entry.status);
    await expect.poll(statuses, { timeout: 15_000 }).toContain('done');
    expect(statuses().filter((status) => status === 'done')).toHaveLength(1);
    await client.endAsync();
  });

  it('holds a command for a device that is away, and reports it expired, never sending it late', async () => {
    const deadlineAt = Date.now() + 1_000;
    hub.send({ type: 'command', id: 'c-2', deviceId: 'gate-1', name: 'unlock', args: {}, deadlineAt, by: 'guard' });
    await expect
      .poll(() => of('command-status'), { timeout: 15_000 })
      .toMatchObject([{ commandId: 'c-2', status: 'expired' }]);
    const client = await login(gateway.mqttUrl, 'gate-1');
    let heard = 0;
    client.on('message', () => (heard += 1));
    await client.subscribeAsync('linli/jinxiu/access-gate/gate-1/command', { qos: 1 });
    await client.publishAsync('linli/jinxiu/access-gate/gate-1/status', 'online', { qos: 1 });
    expect(heard).toBe(0);
    await client.endAsync();
  });
});

describe('a backlog', () => {
  it('follows beside what is live: fresh readings and alarms are not behind it', { timeout: 60_000 }, async () => {
    const away = await startStubHub();
    const { port } = away;
    const outbox = { lingerMs: 0, windowBatches: 8 };
    const folder = makeFolder({ hub: { url: away.url, secretFile: 'secret' }, outbox });
    await away.stop();
    const gateway = await startInProcess(folder);
    const client = await login(gateway.mqttUrl, 'smoke-1');
    const say = (value: number) =>
      client.publishAsync(`${SMOKE}/telemetry`, JSON.stringify({ smokeDbPerM: value, temperatureCelsius: 20 }), {
        qos: 1,
      });
    for (let index = 0; index < 120; index += 1) await say(index / 10_000);
    const { hub, held, release } = await startHoldingHub(port);
    await expect.poll(() => held.length, { timeout: 20_000 }).toBeGreaterThan(0);

    await say(0.5);
    await client.publishAsync(`${SMOKE}/event`, ALARM, { qos: 1 });
    const has = (lane: string) => hub.batches.some((batch) => batch.lane === lane);
    // What was still being evaluated when the link came up goes live too.
    await expect
      .poll(() => readings(hub, 'telemetry').includes(0.5) && has('urgent'), { timeout: 20_000, interval: 10 })
      .toBe(true);
    release();
    const all = () => [...readings(hub, 'backlog'), ...readings(hub, 'telemetry')].sort();
    await expect.poll(() => new Set(all()).size, { timeout: 40_000 }).toBe(121);
    expect(all()).toHaveLength(121);
    for (const { lane, history } of hub.batches)
      if (lane === 'telemetry' || lane === 'backlog') expect(history, lane).toBe(lane === 'backlog');
    await client.endAsync();
    await gateway.stop();
    await hub.stop();
    folder.remove();
  });

  const readings = (hub: StubHub, lane: string) =>
    hub.batches
      .filter((batch) => batch.lane === lane)
      .flatMap(({ entries }) =>
        entries.flatMap((entry) => (entry.type === 'telemetry' ? (entry.values.smokeDbPerM ?? []) : [])),
      );

  /** Acknowledges nothing of the backlog until it is released. */
  async function startHoldingHub(port: number): Promise<{ hub: StubHub; held: Ack[]; release(): void }> {
    const hub = await startStubHub(port);
    const held: Ack[] = [];
    const judge = hub.judge;
    hub.judge = (batch) => {
      const { epoch, lane, seq } = batch;
      if (lane !== 'backlog') return judge(batch);
      held.push({ epoch, lane, seq });
      return undefined;
    };
    return {
      hub,
      held,
      release() {
        hub.judge = judge;
        for (const ack of held) hub.acknowledge(ack);
      },
    };
  }
});
