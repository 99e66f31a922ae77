/**
 * Mutants of everything a device may say, over MQTT to a gateway that runs as in production with a
 * hub beside it: each is answered, is kept or refused with a reason that names the field, and the
 * connection stays open.
 */
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { loadKinds } from '../../devices/kinds.ts';
import type { Random } from '../../simulators/random.ts';
import { device, login, makeFolder, metric, type TestFolder } from '../edge/support/gateway.ts';
import { type StubHub, startStubHub } from '../edge/support/stub-hub.ts';
import { type Process, startProcess } from '../system/processes.ts';
import { drawValue, type JsonSchema } from './from-schema.ts';
import { drawMutant } from './mutants.ts';
import { FUZZ_TIMEOUT_MS, fuzz } from './run.ts';

const kinds = await loadKinds();
const DEVICES = [...kinds.keys()].map((kind) => device(`${kind}-1`, kind));
const IN_FLIGHT = 40;

let hub: StubHub;
let folder: TestFolder;
let gateway: Process;
let mqttUrl = '';
let panelUrl = '';
const clients = new Map<string, MqttClient>();

beforeAll(async () => {
  hub = await startStubHub();
  const limits = { messagesPerSecondMax: 1_000_000, messagesBurstMax: 1_000_000, bytesPerSecondMax: 1_000_000_000 };
  const settings = {
    hub: { url: hub.url, secretFile: 'secret' },
    devices: { host: '127.0.0.1', port: 0, limits },
  };
  folder = makeFolder(settings, DEVICES);
  gateway = await startProcess({
    file: 'edge/main.ts',
    args: ['--config', folder.configFile],
    env: { NODE_OPTIONS: `--import=${import.meta.dirname}/collect.mjs` },
    upWhen: / up: /,
  });
  mqttUrl = /devices (mqtt:\/\/[\d.:]+)/.exec(gateway.output())?.[1] ?? '';
  panelUrl = /http:\/\/[\d.:]+/.exec(gateway.output())?.[0] ?? '';
  for (const { id, kind } of DEVICES) clients.set(kind, await login(mqttUrl, id));
}, 60_000);
afterAll(async () => {
  for (const client of clients.values()) await client.endAsync(true);
  await gateway?.end('SIGTERM');
  await hub?.stop();
  folder?.remove();
});

async function heldBytes(): Promise<number> {
  const lines = () => [...gateway.output().matchAll(/^held (\d+)$/gm)];
  const before = lines().length;
  gateway.child.kill('SIGUSR2');
  await expect.poll(() => lines().length, { timeout: 20_000, interval: 20 }).toBe(before + 1);
  return Number(lines().at(-1)?.[1]);
}

/** Kind → its open command. */
const commands = new Map<string, string>();
let commandCount = 0;
function drawSaid(kindId: string, random: Random): { channel: string; value: unknown } {
  const kind = kinds.get(kindId);
  if (!kind) throw new Error(`no kind ${kindId}`);
  const at = random.pick([{}, {}, { at: Date.now() }, { at: Date.now() + 3_600_000 }, { at: 1 }]);
  switch (random.pick(['telemetry', 'telemetry', 'event', 'event', 'reply', 'status', 'frame', 'command', 'x/y'])) {
    case 'telemetry':
      return { channel: 'telemetry', value: { ...kind.sample(() => random.next()), ...at } };
    case 'event': {
      const [type, event] = random.pick([...Object.entries(kind.events)]);
      const fields = drawValue(z.toJSONSchema(event.schema, { unrepresentable: 'any' }) as JsonSchema, random);
      return { channel: 'event', value: { type, ...(fields as object), ...at } };
    }
    case 'reply': {
      // The command before has arrived by now; its mutants of a reply may close it.
      const open = commands.get(kindId) ?? 'none';
      commandCount += 1;
      const id = `c-${commandCount}`;
      commands.set(kindId, id);
      const command = { id, deviceId: `${kindId}-1`, name: 'mute', args: {}, by: 'guard' };
      hub.send({ type: 'command', ...command, deadlineAt: Date.now() + 600_000 });
      return { channel: 'reply', value: { id: open, ok: true, result: { a: [1] } } };
    }
    case 'status':
      return { channel: 'status', value: 'online' };
    case 'frame':
      return { channel: 'frame', value: 'JFIF' };
    case 'command':
      return { channel: 'command', value: { id: 'c-1', name: 'mute', args: {}, deadlineAt: 1 } };
    default:
      return { channel: 'x/y', value: {} };
  }
}

it('every kind of device may send mutants of all it can say', { timeout: FUZZ_TIMEOUT_MS }, async () => {
  const waiting = new Set<Promise<unknown>>();
  const count = await fuzz(async (random) => {
    const { id, kind } = random.pick(DEVICES);
    const { channel, value } = drawSaid(kind, random);
    const topic = `linli/jinxiu/${kind}/${id}/${channel}`;
    const bytes = drawMutant(value, random);
    const client = clients.get(kind) as MqttClient;
    const sent: Promise<unknown> = client.publishAsync(topic, bytes, { qos: 1 }).finally(() => waiting.delete(sent));
    waiting.add(sent);
    if (waiting.size >= IN_FLIGHT) await Promise.race(waiting);
  }, heldBytes);
  await Promise.all(waiting);
  expect([...clients.values()].every(({ connected }) => connected)).toBe(true);

  const text = async () => await (await fetch(`${panelUrl}/metrics`)).text();
  const sum = async (name: string) =>
    [...(await text()).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'gm'))].reduce(
      (all, [, n]) => all + Number(n),
      0,
    );
  const accounted = async () =>
    (await sum('linli_edge_kept_total')) +
    (await sum('linli_edge_refused_total')) +
    (await sum('linli_edge_repeated_total')) +
    (await sum('linli_edge_frames_total'));
  await expect.poll(accounted, { timeout: 20_000 }).toBe(count);
  expect(await metric(panelUrl, 'linli_edge_evaluation_failed_total')).toBe(0);
  await expect.poll(() => sum('linli_edge_journal_behind_segments'), { timeout: 20_000 }).toBe(0);
  await expect.poll(() => sum('linli_edge_outbox_batches'), { timeout: 20_000 }).toBe(0);
  expect(
    hub.entries().filter((entry) => entry.type === 'command-status' && entry.status === 'done').length,
  ).toBeGreaterThan(0);

  const { items } = (await (await fetch(`${panelUrl}/api/dead-letters`)).json()) as {
    items: { reason: string; detail: string }[];
  };
  const named = items.filter(({ reason }) =>
    ['missing-field', 'wrong-type', 'out-of-range', 'unknown-field'].includes(reason),
  );
  expect(named.length).toBeGreaterThan(0);
  for (const { reason, detail } of named) expect(detail, reason).toMatch(/\w+: .|"\w|online or offline/);
});
