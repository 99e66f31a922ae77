/**
 * Fleet: so many devices connected to one gateway at once; then the gateway is killed and started
 * again, and all of them come back at the same moment, each with a message to say.
 */
import type { Bench, Row } from './main.ts';
import { BENCH_SECRET, prepareGateway, startGateway } from './parts/gateway.ts';
import type { LoadOrder, LoadResult } from './parts/load.ts';
import { runJson } from './parts/processes.ts';

const DEVICES = Number(process.env.LINLI_BENCH_CONNECTIONS ?? 5_000);

const bench: Bench = {
  title: `Fleet: ${DEVICES.toLocaleString('en-US')} devices on one gateway, and all of them again after a restart`,
  notes: [
    'Connecting: from the first socket to the last CONNACK, a hundred logins at a time, each secret checked with scrypt.',
  ],
  async run() {
    const folder = await prepareGateway({ devices: DEVICES, kind: 'smart-bin', devicePrefix: 'bin-' });
    const rows: Row[] = [];
    for (const name of ['first start', 'after SIGKILL']) {
      const gateway = await startGateway(folder);
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
      rows.push({
        name,
        values: {
          'connected in s': load.connectMs / 1_000,
          'KB a device': ((peak - before) * 1_024) / DEVICES,
          'memory MB': peak,
          'messages/s': load.perSecond,
          'PUBACK p99 ms': load.latencyMsP99,
          errors: load.errors,
        },
      });
      if (name === 'first start') {
        const gone = new Promise((resolve) => gateway.child.once('exit', resolve));
        gateway.child.kill('SIGKILL');
        await gone;
      } else await gateway.remove();
    }
    return rows;
  },
};

export default bench;
