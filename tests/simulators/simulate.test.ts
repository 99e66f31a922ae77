/** `npm run simulate` as a user runs it: devices against a broker that is not Linli's. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePayload, loadKinds } from '../../devices/kinds.ts';

const kinds = await loadKinds();
const published: { topic: string; payload: Uint8Array; qos: number }[] = [];
let broker: Aedes;
let server: Server;
let address: string;

beforeAll(async () => {
  broker = await Aedes.createBroker();
  broker.on('publish', ({ topic, payload, qos }, client) => {
    if (client) published.push({ topic, payload: Buffer.from(payload), qos });
  });
  server = createServer(broker.handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the broker has no port');
  address = `mqtt://127.0.0.1:${bound.port}`;
});
afterAll(async () => {
  server.close();
  await new Promise<void>((resolve) => broker.close(resolve));
});

function simulate(...args: string[]): Promise<{ code: number; said: string }> {
  const node = ['--disable-warning=ExperimentalWarning', 'simulators/main.ts', '--broker', address, ...args];
  // A world that somebody started in the project's folder is none of this test's.
  const env = { ...process.env, LINLI_DATA_DIR: join(tmpdir(), 'linli-no-world') };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, node, { env, timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr }),
    );
  });
}

test('a few devices live their day; what they cannot play is left out', async () => {
  const { code, said } = await simulate('--devices', '12', '--duration', '7');
  expect(code, said).toBe(0);
  expect(said).toContain('12 devices');
  expect(said).toContain('scenario bin-fire is left out: there is no smart-bin among the simulated devices');
  const messages = published.filter(({ topic }) => /\/(telemetry|event)$/.test(topic));
  expect(messages.length).toBeGreaterThan(5);
  for (const { topic, payload, qos } of messages) {
    const [, , kindId = '', deviceId, channel] = topic.split('/');
    const kind = kinds.get(kindId);
    if (!kind) throw new Error(`${topic}: no such kind`);
    expect(qos).toBe(1);
    expect(deviceId).toBeTruthy();
    expect(decodePayload(kind, channel as 'telemetry' | 'event', payload), topic).toMatchObject({ ok: true });
  }
});

test.each([
  [
    ['--devices', '3', '--scenario', 'bin-fire'],
    '--scenario bin-fire: there is no smart-bin among the simulated devices',
  ],
  [['--scenario', 'nonesuch'], '--scenario nonesuch: there is none; known are '],
  [['--broker', 'localhost'], '--broker localhost: give mqtt://HOST:PORT'],
])('%j is refused in one line', async (args, expected) => {
  const { code, said } = await simulate(...args);
  expect(code).toBe(1);
  expect(said).toContain(expected);
  expect(said.trim().split('\n')).toHaveLength(1);
});
