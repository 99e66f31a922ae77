/** A gateway with nothing but a claim code in its file: the real program against the real hub, from the first start to a device's alarm. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RealHub, startRealHub } from '../hub/real-hub.ts';
import { writeClaimantConfig } from './claimant.ts';
import { type Process, runToEnd, startProcess } from './processes.ts';

const UP = /linli gateway (\S+) up: devices mqtt:\/\/127\.0\.0\.1:(\d+)/;
let real: RealHub;
let folder: string;
const processes: Process[] = [];

beforeAll(async () => {
  real = await startRealHub();
  folder = mkdtempSync(join(tmpdir(), 'linli-claim-'));
  await real.admin.post('/api/communities', { id: 'garden', name: '花园', type: '商品房' });
}, 120_000);
afterAll(async () => {
  for (const process of processes) await process.end('SIGKILL');
  await real?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function codeFor(gatewayId: string): Promise<string> {
  const wanted = { type: 'gateway', gatewayId, communityId: 'garden', name: gatewayId };
  return (await real.admin.post('/api/claims', wanted)).body.code;
}

function configFor(name: string, claim: Record<string, unknown>): string {
  return writeClaimantConfig(join(folder, name), claim);
}

async function start(config: string): Promise<Process & { port: number }> {
  const process = await startProcess({ file: 'edge/main.ts', args: ['--config', config], env: {}, upWhen: UP });
  processes.push(process);
  return Object.assign(process, { port: Number(UP.exec(process.output())?.[2]) });
}

describe('a gateway with a claim code', { timeout: 120_000 }, () => {
  it('gets its identity, serves devices that were claimed too, and needs no code at the next start', async () => {
    const config = configFor('gw-east', { url: real.url, code: await codeFor('gw-east') });
    const first = await start(config);
    expect(first.output()).toContain('claimed: this is gateway gw-east of community garden');
    const secretFile = join(folder, 'gw-east', 'data', 'secret');
    for (const name of ['secret', 'identity.json'])
      expect(statSync(join(folder, 'gw-east', 'data', name)).mode & 0o777, name).toBe(0o600);
    expect(first.output()).not.toContain(readFileSync(secretFile, 'utf8').trim());
    const linked = () => vi.waitUntil(async () => (await real.admin.get('/api/gateways/gw-east')).body.link === 'up');
    await linked();

    const batch = { type: 'devices', gatewayId: 'gw-east', name: '烟感', kinds: ['smoke-detector'], usesMax: 3 };
    const { code } = (await real.admin.post('/api/claims', batch)).body;
    const device = { id: 'smoke-7', kind: 'smoke-detector', location: { building: '7', floor: 2 } };
    const { username, secret, topic } = (await real.anybody.post('/api/claims/redeem', { code, device })).body;
    await expect.poll(() => publishAlarm(first.port, { username, secret, topic }), { timeout: 30_000 }).toBe(true);
    const alarms = () => real.admin.get('/api/alarms?deviceId=smoke-7');
    await vi.waitUntil(async () => (await alarms()).body.items.length === 1, { timeout: 30_000 });

    expect(await first.end('SIGTERM')).toBe(0);
    const second = await start(config);
    expect(second.output()).not.toContain('claimed');
    await expect.poll(() => publishAlarm(second.port, { username, secret, topic }), { timeout: 30_000 }).toBe(true);
  });

  it('goes on after a crash between the hub’s answer and its own file', async () => {
    const config = configFor('gw-crash', { url: real.url, code: await codeFor('gw-crash') });
    const first = await start(config);
    await first.end('SIGKILL');
    rmSync(join(folder, 'gw-crash', 'data', 'identity.json'));
    const second = await start(config);
    expect(second.output()).toContain('claimed: this is gateway gw-crash');
  });

  it('waits for a hub that is not there yet, and says so once', async () => {
    const code = await codeFor('gw-early');
    const process = await startProcess({
      file: 'edge/main.ts',
      args: ['--config', configFor('gw-early', { url: 'http://127.0.0.1:9', code })],
      env: {},
      upWhen: /the hub at http:\/\/127\.0\.0\.1:9 does not answer \(ECONNREFUSED\); trying again/,
    });
    processes.push(process);
    await process.end('SIGTERM');
    const later = await start(configFor('gw-early', { url: real.url, code }));
    expect(later.output()).toContain('claimed: this is gateway gw-early');
  });

  it('ends with one line that names cause and cure when the code is wrong, used or for devices', async () => {
    const used = await codeFor('gw-used');
    await real.anybody.post('/api/claims/redeem', { code: used });
    const batch = { type: 'devices', gatewayId: 'gw-east', name: 'x', kinds: ['smoke-detector'], usesMax: 1 };
    const forDevices = (await real.admin.post('/api/claims', batch)).body.code;
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ code: 'ABCD-ABCD' }, /claim: the hub at \S+ refuses: this is no claim code of this hub: check .*new one made/],
      [{ code: used }, /refuses: this claim code was used, last at .*: have a new one made/],
      [{ code: forDevices }, /refuses: this claim code is for devices: .*have a code for a gateway made/],
      [{ codeFile: 'nowhere' }, /claim\.codeFile: \S+nowhere cannot be read \(ENOENT\)/],
    ];
    for (const [claim, line] of cases) {
      const config = configFor('gw-wrong', { url: real.url, ...claim });
      const { code, output } = await runToEnd({ file: 'edge/main.ts', args: ['--config', config], env: {} });
      expect(code).toBe(1);
      expect(
        output
          .trim()
          .split('\n')
          .filter((one) => one.startsWith('linli gateway:')),
      ).toEqual([expect.stringMatching(line)]);
    }
  });
});

async function publishAlarm(
  port: number,
  login: { username: string; secret: string; topic: string },
): Promise<boolean> {
  try {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
      username: login.username,
      password: login.secret,
      reconnectPeriod: 0,
    });
    await client.publishAsync(`${login.topic}event`, JSON.stringify({ type: 'alarm' }), { qos: 1 });
    await client.endAsync();
    return true;
  } catch {
    return false;
  }
}
