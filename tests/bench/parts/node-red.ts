/**
 * Node-RED 5 with a flow that does what a user would build: MQTT in, JSON, a function that compares
 * with a threshold, a switch. Its broker is mosquitto. Both keep nothing on the disk. Node-RED is
 * installed on demand below .cache/bench; it is no dependency of Linli.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { freePort, type Part, ROOT, startPart } from './processes.ts';

const VERSION = '5';
const COUNT_TOPIC = 'bench/count';

export interface NodeRed extends Part {
  /** Messages a second that the flow finished within the last so many seconds: mosquitto acknowledges earlier. */
  finishedPerSecond(seconds: number): number;
  /** Resolves when the flow has finished all that waits in its broker. */
  settled(): Promise<void>;
}

export async function startNodeRed(): Promise<NodeRed> {
  const folder = join(ROOT, '.cache', 'bench', 'node-red');
  const main = join(folder, 'node_modules', 'node-red', 'red.js');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(main)) install(folder);
  const port = await freePort();
  writeFileSync(
    join(folder, 'mosquitto.conf'),
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\n`,
  );
  const broker = await startPart(['mosquitto', '-c', join(folder, 'mosquitto.conf')], {
    up: /mosquitto version .* (running)/,
  });
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flow(port)));
  writeFileSync(
    join(folder, 'settings.js'),
    `module.exports = { uiPort: ${await freePort()}, uiHost: '127.0.0.1', httpAdminRoot: false, flowFile: 'flows.json', logging: { console: { level: 'info' } } };\n`,
  );
  const red = await startPart(
    [process.execPath, main, '--userDir', folder, '--settings', join(folder, 'settings.js')],
    {
      up: /Connected to broker: (.*)/,
      cwd: folder,
    },
  );
  const counts: { at: number; count: number }[] = [];
  const watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  watcher.on('message', (_topic, payload) => counts.push({ at: performance.now(), count: Number(payload.toString()) }));
  await watcher.subscribeAsync(COUNT_TOPIC);
  return {
    ...broker,
    port,
    finishedPerSecond(seconds) {
      const since = performance.now() - seconds * 1_000;
      const within = counts.filter((one) => one.at >= since);
      const [first, last] = [within[0], within.at(-1)];
      return first && last && last.at > first.at ? ((last.count - first.count) * 1_000) / (last.at - first.at) : 0;
    },
    async settled() {
      for (let last = -1; counts.length !== last; await sleep(1_000)) last = counts.length;
    },
    memoryMegabyte: () => ({ now: sum(broker, red, 'now'), peak: sum(broker, red, 'peak') }),
    cpuSeconds: () => broker.cpuSeconds() + red.cpuSeconds(),
    async stop() {
      await watcher.endAsync(true);
      await red.stop();
      await broker.stop();
    },
  };
}

function sum(a: Part, b: Part, field: 'now' | 'peak'): number {
  return a.memoryMegabyte()[field] + b.memoryMegabyte()[field];
}

function install(folder: string): void {
  process.stderr.write('bench: installing Node-RED on demand, a minute or two …\n');
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const done = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `node-red@${VERSION}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (done.status !== 0) throw new Error('Node-RED could not be installed; LINLI_BENCH_NODE_RED=0 leaves it out');
}

/** Ids must not be names of node types: Node-RED takes them for references. The flow acknowledges towards mosquitto at QoS 1, as Linli does towards its devices. */
function flow(port: number): object[] {
  return [
    { id: 'bench-tab', type: 'tab', label: 'bench' },
    {
      id: 'bench-broker',
      type: 'mqtt-broker',
      name: '',
      broker: '127.0.0.1',
      port: String(port),
      clientid: 'node-red',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
    },
    {
      id: 'bench-in',
      type: 'mqtt in',
      z: 'bench-tab',
      topic: 'linli/#',
      qos: '1',
      datatype: 'buffer',
      broker: 'bench-broker',
      wires: [['bench-json']],
    },
    { id: 'bench-json', type: 'json', z: 'bench-tab', property: 'payload', action: 'obj', wires: [['bench-compare']] },
    {
      id: 'bench-compare',
      type: 'function',
      z: 'bench-tab',
      func: `msg.alarm = msg.payload.fillPercent > 90;
const n = (context.get('n') || 0) + 1;
context.set('n', n);
return [msg, n % 200 === 0 ? { topic: '${COUNT_TOPIC}', payload: String(n) } : null];`,
      outputs: 2,
      wires: [['bench-switch'], ['bench-count']],
    },
    { id: 'bench-count', type: 'mqtt out', z: 'bench-tab', topic: '', qos: '0', broker: 'bench-broker', wires: [] },
    {
      id: 'bench-switch',
      type: 'switch',
      z: 'bench-tab',
      property: 'alarm',
      propertyType: 'msg',
      rules: [{ t: 'true' }],
      outputs: 1,
      wires: [[]],
    },
  ];
}
