/**
 * `npm run bench -- alarms`: 10,000 active alarms and 100 inhibition rules. The facts are what the
 * gateway's engine makes; a real hub process takes them over its uplink and acknowledges what is
 * stored; then a console reads them. The same alarms as alerts, with the same inhibition, go to
 * Debian's Alertmanager in the same run. It keeps alerts in memory only and has no pages: its first
 * page is everything.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '../../core/clock.ts';
import { type Ack, encodeBatch, uplinkTopics } from '../../core/envelope.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Bench, Row } from './main.ts';
import { type AlarmWorld, INHIBITIONS, makeWorld, ruleIdOf, severityOf, WORLD } from './parts/alarm-world.ts';
import { startAlertmanager } from './parts/alertmanager.ts';
import type { HubOrder } from './parts/hub.ts';
import { type Part, ROOT, startNode } from './parts/processes.ts';

const ALARMS = Number(process.env.LINLI_BENCH_ALARMS ?? 10_000);
const READS = 100;
const FACTS_PER_BATCH = 300;
/** Batches under way, as the gateway's relay has them. */
const WINDOW = 8;
const SECRET = 'bench-secret';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

type Values = Record<string, number | null>;

const bench: Bench = {
  title: `Alarms: ${ALARMS} active × ${INHIBITIONS} inhibition rules`,
  notes: [
    'Linli takes alarm facts in batches over MQTT, counted when acknowledged: on disk, folded, in the hash chain.',
    'Alertmanager takes the same alarms over HTTP into memory; it has no pages, its first page is everything.',
    `Reads are to the last byte over one kept connection: medians of ${READS} (everything: of 10).`,
    'stop, start: SIGTERM until the process has ended, then start until it takes gateways; ten thousand alarms active, most of their people still to be told.',
  ],
  async run() {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    const world = await makeWorld(ALARMS, systemClock.now());
    const alertmanager = await measureAlertmanager(world);
    const linli = await measureHub(world);
    return [
      { name: 'Alertmanager 0.25', values: alertmanager },
      { name: 'Linli hub', values: linli },
      { name: 'Linli ÷ Alertmanager', values: ratios(linli, alertmanager) },
    ];
  },
};

export default bench;

async function measureAlertmanager(world: AlarmWorld): Promise<Values> {
  const part = await startAlertmanager();
  try {
    const alerts = world.devices.map(({ id, location: { building = '', floor = 0 } }, index) => ({
      labels: {
        alertname: ruleIdOf(index),
        severity: severityOf(index),
        community: WORLD.communityId,
        gateway: WORLD.gatewayId,
        device: id,
        building,
        floor: String(floor),
      },
      annotations: { zh: `压力超限 ${ruleIdOf(index)}`, en: `Pressure out of limits ${ruleIdOf(index)}` },
      startsAt: new Date(systemClock.now()).toISOString(),
      endsAt: new Date(systemClock.now() + 3_600_000).toISOString(),
    }));
    const seconds = await timed(async () => {
      for (let start = 0; start < alerts.length; start += FACTS_PER_BATCH)
        await fetchBytes(`${part.url}/api/v2/alerts`, {}, alerts.slice(start, start + FACTS_PER_BATCH));
    });
    const alertsNow = async () => JSON.parse((await fetchBytes(`${part.url}/api/v2/alerts`)).toString()) as unknown[];
    await until(async () => (await alertsNow()).length === ALARMS);
    const everything = await median(10, () => fetchBytes(`${part.url}/api/v2/alerts`));
    const filter = encodeURIComponent('device="d-77"');
    const severity = encodeURIComponent('severity="critical"');
    return {
      'first page ms': everything.p50,
      'its p99': everything.p99,
      'of one severity ms': (await median(20, () => fetchBytes(`${part.url}/api/v2/alerts?filter=${severity}`))).p50,
      'of one device ms': (await median(20, () => fetchBytes(`${part.url}/api/v2/alerts?filter=${filter}`))).p50,
      'everything ms': everything.p50,
      'intake/s': ALARMS / seconds,
      'repeats/s': null,
      'stop ms': null,
      'start ms': null,
      'memory MB': part.memoryMegabyte().peak,
    };
  } finally {
    await part.remove();
  }
}

async function measureHub(world: AlarmWorld): Promise<Values> {
  const folder = mkdtempSync(join(ROOT, '.cache', 'bench-alarms-'));
  const order: HubOrder = { folder, ...WORLD, secret: SECRET, devices: {} };
  const start = () => startNode('tests/bench/parts/hub.ts', [JSON.stringify(order)]);
  let hub = await start();
  try {
    const raises = world.raises.flat();
    const updates = world.raises.flatMap((facts) => facts.filter(({ body }) => body.type === 'raised').map(repeat));
    const gateway = await connectGateway(hub);
    const raiseSeconds = await timed(() => gateway.send(raises));
    // The pages are read while the hub tells people of ten thousand alarms: a list must not wait for that.
    const busy = await readPages(folder);
    const repeatSeconds = await timed(() => gateway.send(updates));
    await gateway.client.endAsync(true);
    // In the middle of telling people: what is left is found again at the start.
    const stopMs = 1_000 * (await timed(() => hub.stop()));
    const startMs =
      1_000 *
      (await timed(async () => {
        hub = await start();
      }));
    await calmed(hub);
    const calm = await readPages(folder);
    return {
      'first page ms': calm.first.p50,
      'its p99': calm.first.p99,
      'of one severity ms': calm.severity.p50,
      'of one device ms': calm.device.p50,
      'everything ms': calm.everything.p50,
      'first page, busy ms': busy.first.p50,
      'its p99, busy': busy.first.p99,
      'intake/s': raises.length / raiseSeconds,
      'repeats/s': updates.length / repeatSeconds,
      'stop ms': stopMs,
      'start ms': startMs,
      'memory MB': hub.memoryMegabyte().peak,
      'engine: raises/s': ALARMS / (world.engineMs / 1_000),
    };
  } finally {
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when the process has nothing left to do. */
async function calmed(part: Part): Promise<void> {
  for (let before = part.cpuSeconds(), spent = 1; spent > 0.05; ) {
    await sleep(500);
    spent = part.cpuSeconds() - before;
    before += spent;
  }
}

/** The alarm goes on: what a gateway says of a standing alarm, once a minute. */
function repeat(fact: AlarmWorld['raises'][number][number]) {
  const { id, at, body } = fact;
  const step = 'step' in body ? body.step + 1 : 1;
  const next = { type: 'updated' as const, activation: 1, step, count: 2, cause: { value: 98 } };
  return { ...fact, id: `${id}-again`, at: at + 60_000, body: next };
}

async function readPages(folder: string) {
  const { url, username, password } = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8')) as {
    url: string;
    username: string;
    password: string;
  };
  const session = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const headers = { cookie: session.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
  const read = (query: string) => fetchBytes(`${url}/api/alarms?${query}`, headers);
  /** Every page, to its last byte; a console's parsing is not the hub's time, so only the cursor is looked for. */
  const everything = async () => {
    const pages: Buffer[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: Buffer = await read(`limit=${LIMITS.pageItemsMax}${cursor}`);
      pages.push(page);
      const next = /"nextCursor":"([^"]+)"\}$/.exec(page.subarray(-400).toString())?.[1];
      cursor = next === undefined ? undefined : `&cursor=${next}`;
    }
    return pages;
  };
  const items = (await everything()).flatMap((page) => (JSON.parse(page.toString()) as { items: unknown[] }).items);
  if (items.length !== ALARMS) throw new Error(`the pages held ${items.length} alarms of ${ALARMS}`);
  return {
    first: await median(READS, () => read('limit=100')),
    severity: await median(READS, () => read('severity=critical&limit=100')),
    device: await median(READS, () => read('deviceId=d-77')),
    everything: await median(10, everything),
  };
}

async function connectGateway(hub: Part) {
  const client: MqttClient = await connectAsync(`mqtt://127.0.0.1:${hub.port}`, {
    username: WORLD.gatewayId,
    password: SECRET,
    clientId: WORLD.gatewayId,
    protocolVersion: 5,
  });
  let acked = 0;
  let seq = 0;
  client.on('message', (topic, payload) => {
    const { channel } = uplinkTopics.parse(topic) ?? {};
    if (channel === 'ack') take(JSON.parse(payload.toString()) as Ack);
    else if (channel === 'downlink') {
      const said = JSON.parse(payload.toString()) as { seq: number };
      client.publish(uplinkTopics.up(WORLD.gatewayId, 'ack'), JSON.stringify({ seq: said.seq }), { qos: 1 });
    }
  });
  function take(ack: Ack): void {
    if (ack.rejected) throw new Error(`the hub rejected ${JSON.stringify(ack.rejected[0])}`);
    acked = Math.max(acked, ack.seq);
  }
  await client.subscribeAsync(uplinkTopics.allDown(WORLD.gatewayId), { qos: 1 });
  return {
    client,
    /** Resolves when the hub has acknowledged all of it. */
    async send(facts: AlarmWorld['raises'][number]) {
      for (let start = 0; start < facts.length; start += FACTS_PER_BATCH) {
        seq += 1;
        const entries = facts.slice(start, start + FACTS_PER_BATCH).map((fact) => ({ type: 'fact' as const, fact }));
        const head = { gatewayId: WORLD.gatewayId, epoch: 'bench', lane: 'alarm' as const, seq };
        const batch = encodeBatch({ ...head, sentAt: systemClock.now(), history: false, entries });
        client.publish(uplinkTopics.up(WORLD.gatewayId, 'alarm'), batch, { qos: 1 });
        await until(() => seq - acked < WINDOW, 1);
      }
      await until(() => acked === seq, 1);
    },
  };
}

async function until(isSo: () => boolean | Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await isSo())) await sleep(everyMs);
}

/** In seconds. */
async function timed(run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return (performance.now() - startedAt) / 1_000;
}

async function median(times: number, run: () => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  const spans: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const startedAt = performance.now();
    await run();
    spans.push(performance.now() - startedAt);
  }
  spans.sort((a, b) => a - b);
  return { p50: spans[times >> 1] ?? 0, p99: spans[Math.ceil(0.99 * times) - 1] ?? 0 };
}

/** Over one kept connection, to the last byte. */
function fetchBytes(url: string, headers: Record<string, string> = {}, body?: unknown): Promise<Buffer> {
  const options =
    body === undefined
      ? { agent, headers }
      : { agent, method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks);
        if (answer.statusCode === 200) resolve(bytes);
        else reject(new Error(`${url} answered ${answer.statusCode}: ${bytes.toString().slice(0, 200)}`));
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function ratios(values: Values, base: Values): Row['values'] {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const other = base[key];
      return [key, value !== null && typeof other === 'number' && other > 0 ? value / other : null];
    }),
  );
}
