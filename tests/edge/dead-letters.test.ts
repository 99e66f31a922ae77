/** What a gateway tells the hub of what it refused: one entry for each, within bounds. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Entry, entrySchema } from '../../core/envelope.ts';
import { decodeMessage } from '../../edge/stages/decode.ts';
import { createRefusedBudget, refusedEntry } from '../../edge/stages/relay-refused.ts';
import {
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
const START = 1_760_000_000_000;

function refusedOf(payload: Uint8Array, channel = 'telemetry') {
  const smoke = device('smoke-1', 'smoke-detector');
  const decoded = decodeMessage(
    { device: smoke, channel, payload, payloadBytes: payload.length, receivedAt: START, clockAheadMs: 0, messageId: 1 },
    new Map(),
  );
  if (decoded.ok) throw new Error('it was taken');
  const refusal = JSON.parse(Buffer.from(decoded.record.payload).toString());
  return refusedEntry(decoded.record, refusal, { id: 'e-1-0', communityId: 'jinxiu' });
}

describe('the entry of a dead letter', () => {
  const payloads: [string, Uint8Array, string][] = [
    ['text as it is', Buffer.from('{"烟雾":1}'), '{"烟雾":1}'],
    ['control characters as dots', Buffer.from('a\u0000b\nc\u202Ed'), 'a·b·c·d'],
    ['bytes that are no text as hexadecimal digits', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'ffd8ffe0'],
    ['nothing as nothing', Buffer.alloc(0), ''],
    ['a long text up to 200 characters', Buffer.from('x'.repeat(5_000)), 'x'.repeat(200)],
    ['a long text whose head ends within a character', Buffer.from(`y${'火'.repeat(1_000)}`), `y${'火'.repeat(199)}`],
    [
      'a character in two halves, cut between them, with a dot',
      Buffer.from(`y${'🔥'.repeat(100)}`),
      `y${'🔥'.repeat(99)}·`,
    ],
  ];
  it.each(payloads)('shows %s', (_what, payload, sample) => {
    const entry = refusedOf(payload);
    expect(entry).toMatchObject({ sample, bytes: payload.length, at: START, topic: `${SMOKE}/telemetry` });
    expect(entrySchema.safeParse(entry).success).toBe(true);
  });

  it('holds for the longest topic', () => {
    const entry = refusedOf(Buffer.from('x'), `gossip\u0007${'🔥'.repeat(5_000)}`);
    expect(entrySchema.safeParse(entry).success).toBe(true);
  });
});

describe('the budget of dead letters', () => {
  it('is ten a minute for a device, and again in the next minute', () => {
    const mayTell = createRefusedBudget();
    const told = (deviceId: string, at: number) =>
      Array.from({ length: 1_000 }, () => mayTell(deviceId, at)).filter(Boolean).length;
    expect([told('a', START), told('b', START), told('a', START + 5)]).toEqual([10, 10, 0]);
    expect(told('a', START + 60_000)).toBe(10);
  });

  it('is bounded for all devices together', () => {
    const mayTell = createRefusedBudget();
    const told = Array.from({ length: 5_000 }, (_, index) => mayTell(`d-${index}`, START)).filter(Boolean);
    expect(told).toHaveLength(120);
  });
});

describe('a gateway with a hub', () => {
  let hub: StubHub;
  let folder: TestFolder;
  let gateway: RunningGateway;

  beforeEach(async () => {
    hub = await startStubHub();
    folder = makeFolder({ hub: { url: hub.url, secretFile: 'secret' }, outbox: { lingerMs: 50 } });
    gateway = await startInProcess(folder);
  }, 120_000);
  afterEach(async () => {
    await gateway?.stop();
    await hub?.stop();
    folder?.remove();
  });

  const letters = () =>
    hub.entries().filter((entry): entry is Extract<Entry, { type: 'dead-letter' }> => entry.type === 'dead-letter');

  it('tells it of a payload that was refused, on the lane of events', async () => {
    const client = await login(gateway.mqttUrl, 'smoke-1');
    const payload = '{"smokeDbPerM":"much","temperatureCelsius":1}';
    await client.publishAsync(`${SMOKE}/telemetry`, payload, { qos: 1 });
    await client.publishAsync('linli/jinxiu/smart-bin/bin-1/telemetry', '{}', { qos: 1 });
    await client.endAsync();
    await expect.poll(() => letters().length, { timeout: 60_000 }).toBe(2);
    const common = { deviceId: 'smoke-1', kind: 'smoke-detector', communityId: 'jinxiu' };
    const topic = `${SMOKE}/telemetry`;
    expect(letters()).toMatchObject([
      { ...common, topic, reason: 'wrong-type', bytes: payload.length, sample: payload },
      { ...common, topic: 'linli/jinxiu/smart-bin/bin-1/telemetry', reason: 'foreign-topic', sample: '{}' },
    ]);
    expect(new Set(hub.batches.map(({ lane }) => lane))).toContain('event');
  }, 120_000);

  it('tells it only a few of a storm of rubbish, and counts and keeps the rest itself', async () => {
    const client = await login(gateway.mqttUrl, 'smoke-1');
    const sent = 300;
    await Promise.all(
      Array.from({ length: sent }, (_, index) => client.publishAsync(`${SMOKE}/telemetry`, `{${index}`, { qos: 1 })),
    );
    await client.publishAsync(`${SMOKE}/event`, JSON.stringify({ type: 'test' }), { qos: 1 });
    await client.endAsync();
    // The event comes behind the storm on its lane: when it is there, all that was told is there.
    await expect.poll(() => hub.entries().some(({ type }) => type === 'event'), { timeout: 60_000 }).toBe(true);
    const minutes = new Set(letters().map(({ at }) => Math.floor(at / 60_000))).size;
    expect(letters().length).toBeGreaterThan(0);
    expect(letters().length).toBeLessThanOrEqual(10 * minutes);
    const kept = await getJson<{ items: unknown[] }>(`${gateway.panelUrl}/api/dead-letters`);
    expect(kept.items.length).toBeGreaterThan(letters().length);
    await expect
      .poll(() => metric(gateway.panelUrl, 'linli_edge_refused_total{reason="not-json"}'), { timeout: 30_000 })
      .toBe(sent);
  }, 120_000);
});
