/**
 * Fleet: so many devices connected to one gateway at once; then the gateway is killed and started
 * again, and all of them come back at the same moment, each with a message to say. At the end every
 * message that got a PUBACK must have reached the hub.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from './main.ts';
import { BENCH_SECRET, prepareGateway, startGateway } from './parts/gateway.ts';
import type { LoadOrder, LoadResult } from './parts/load.ts';
import { type Part, runJson, startNode } from './parts/processes.ts';

const DEVICES = Number(process.env.LINLI_BENCH_CONNECTIONS ?? 5_000);

const bench: Bench = {
  title: `Fleet: ${DEVICES.toLocaleString('en-US')} devices on one gateway, and all of them again after a restart`,
  notes: [
    'Connecting: from the first socket to the last CONNACK, a hundred logins at a time, each secret checked with scrypt.',
    'Lost: messages acknowledged to devices, in both runs, that did not reach the hub; SIGKILL right after the last PUBACK.',
  ],
  async run() {
    const hub = await startNode('tests/bench/parts/stub-hub.ts');
    const reached = countMessages(hub);
    const fleet = { devices: DEVICES, kind: 'smart-bin', devicePrefix: 'bin-' };
    const folder = await prepareGateway({ ...fleet, hubPort: hub.port });
    try {
      const before = await startGateway(folder);
      const first = await connectAll(before, 'first start');
      const gone = new Promise((resolve) => before.child.once('exit', resolve));
      before.child.kill('SIGKILL');
      await gone;
      const after = await startGateway(folder);
      const second = await connectAll(after, 'after SIGKILL');
      const acknowledged = first.acknowledged + second.acknowledged;
      for (let waits = 0; reached() < acknowledged && waits < 100; waits += 1) await sleep(100);
      second.row.values.lost = Math.max(0, acknowledged - reached());
      await after.remove();
      return [first.row, second.row];
    } finally {
      await hub.stop();
    }
  },
};

export default bench;

async function connectAll(gateway: Part, name: string): Promise<{ row: Row; acknowledged: number }> {
  const before = gateway.memoryMegabyte().now;
  const order: LoadOrder = {
    port: gateway.port,
    connections: DEVICES,
    window: 1,
    seconds: 5,
    warmupSeconds: 0,
    rate: DEVICES,
    communityId: 'bench',
    kind: 'smart-bin',
    devicePrefix: 'bin-',
    password: BENCH_SECRET,
    payload: { fillPercent: 41.5, temperatureCelsius: 23.4, stream: 'recyclable' },
  };
  const load = await runJson<LoadResult>('tests/bench/parts/load.ts', order);
  const { peak } = gateway.memoryMegabyte();
  const values = {
    'connected in s': load.connectMs / 1_000,
    'KB a device': ((peak - before) * 1_024) / DEVICES,
    'memory MB': peak,
    'messages/s': load.perSecond,
    'PUBACK p99 ms': load.latencyMsP99,
    errors: load.errors,
  };
  return { row: { name, values }, acknowledged: load.acknowledged };
}

/** How many messages of telemetry the hub says it took. */
function countMessages(hub: Part): () => number {
  let count = 0;
  hub.child.stdout?.on('data', (chunk: Buffer) => {
    count = Number(/messages (\d+)\n$/.exec(chunk.toString())?.[1] ?? count);
  });
  return () => count;
}
