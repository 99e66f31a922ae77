import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { readDemo, writeDemo } from '../../simulators/demo-file.ts';
import { readOptions } from '../../simulators/options.ts';
import { askForCut, startControl } from '../../simulators/start/control.ts';
import { makeProcesses } from '../../simulators/start/processes.ts';
import { makeRelay } from '../../simulators/start/relay.ts';
import { checkPorts, readSettings } from '../../simulators/start/settings.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'linli-start-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('the settings of npm start', () => {
  it('name the variable at fault', () => {
    expect(() => readSettings({ LINLI_HUB_PORT: 'many' })).toThrow(/LINLI_HUB_PORT/);
    expect(() => readSettings({ LINLI_SIMULATE: 'yes' })).toThrow(/LINLI_SIMULATE/);
  });

  it('keep their own names from the children, who would refuse them', () => {
    const { env } = readSettings({ LINLI_CAMERA_PORT: '9000', LINLI_HUB_PORT: '9001', PATH: '/bin' });
    expect(env).toMatchObject({ LINLI_HUB_PORT: '9001', PATH: '/bin' });
    expect(env).not.toHaveProperty('LINLI_CAMERA_PORT');
  });

  it('say which port is taken and which variable moves it', async () => {
    const port = await listen((socket) => socket.destroy());
    const settings = readSettings({ LINLI_HUB_PORT: String(port) });
    await expect(checkPorts({ ...settings, uplinkPort: port + 1 }, 0)).rejects.toThrow(
      `port ${port} is taken: set LINLI_HUB_PORT to a free one`,
    );
    await expect(checkPorts({ ...settings, uplinkPort: port }, 0)).rejects.toThrow(/wanted twice/);
  });
});

describe('demo.json', () => {
  const demo = {
    seed: '1',
    hub: { url: 'http://127.0.0.1:1', users: [{ username: 'guard', password: 'p', role: 'guard' as const }] },
    gateways: [],
  };

  it('is readable by its owner only and comes back as it was written', async () => {
    const file = join(temporaryFolder(), 'demo.json');
    expect(await readDemo(file)).toBeUndefined();
    await writeDemo(file, demo);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readDemo(file)).toEqual(demo);
  });

  it('names itself when it is damaged', async () => {
    const file = join(temporaryFolder(), 'demo.json');
    writeFileSync(file, '{"hub":');
    await expect(readDemo(file)).rejects.toThrow(/demo\.json is damaged/);
  });
});

describe('the processes', () => {
  it('tell of the first that falls, with its last words', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'falls.ts');
    writeFileSync(file, "process.stderr.write('Linli test: port 1 is taken\\n'); process.exit(3);");
    const processes = makeProcesses({ logDir: join(folder, 'logs'), clock: systemClock });
    processes.start({ name: 'falls', file, env: process.env });
    expect(await processes.fallen).toMatch(/^falls ended \(code 3\): Linli test: port 1 is taken \(.*falls\.log\)$/);
    await processes.stop([], 1_000);
  });

  it('end in waves, and by force when they will not', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'stays.ts');
    writeFileSync(file, "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000);");
    const processes = makeProcesses({ logDir: join(folder, 'logs'), clock: systemClock });
    processes.start({ name: 'stays', file, env: process.env });
    await expect
      .poll(() => readFileSync(join(folder, 'logs', 'stays.log'), 'utf8'), { timeout: 10_000 })
      .toContain('ready');
    const before = performance.now();
    await processes.stop([['stays']], 600);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('the relay between gateway and hub', () => {
  it('passes bytes on, is cut for a while, and heals', async () => {
    const port = await listen((socket) => socket.pipe(socket));
    const relay = makeRelay({ port }, systemClock);
    cleanups.push(() => relay.stop());
    const relayPort = await relay.start();
    const echo = () =>
      new Promise<string>((resolve) => {
        const socket = connect(relayPort, '127.0.0.1', () => socket.write('hello'));
        socket.on('data', (data) => {
          resolve(data.toString());
          socket.destroy();
        });
        socket.on('error', () => resolve('cut'));
        socket.on('close', () => resolve('cut'));
      });
    expect(await echo()).toBe('hello');
    relay.cut(300);
    expect(await echo()).toBe('cut');
    await expect.poll(echo, { timeout: 5_000 }).toBe('hello');
  });
});

describe('the control socket of npm start', () => {
  it('hears a cut, and nothing that is none', async () => {
    const file = join(temporaryFolder(), 'demo.json');
    const cut = { type: 'cut' as const, gatewayId: 'gw-1', forMs: 1_000 };
    expect(await askForCut(file, cut)).toBe(false);
    const heard: unknown[] = [];
    const control = await startControl(file, (one) => heard.push(one));
    expect(await askForCut(file, { ...cut, forMs: -1 })).toBe(true);
    expect(await askForCut(file, cut)).toBe(true);
    await expect.poll(() => heard).toEqual([cut]);
    await control.stop();
  });
});

describe('the options of npm run simulate', () => {
  it('refuse what they do not know, by name', () => {
    expect(() => readOptions(['--sceanrio', 'x'])).toThrow(/--sceanrio/);
    expect(() => readOptions(['--devices', '0'])).toThrow(/--devices 0/);
    expect(() => readOptions(['--devices', '1.5'])).toThrow(/whole/);
    expect(readOptions(['--scenario', 'a', '--scenario', 'b', '--duration', '2'])).toMatchObject({
      scenarios: ['a', 'b'],
      durationMs: 2_000,
    });
  });
});
