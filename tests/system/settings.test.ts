/** The hub pushes a configuration to a real gateway: wanted and running are shown, what kills it is taken back, what it lost is sent again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type RealHub, startRealHub } from '../hub/real-hub.ts';
import { type Process, startProcess } from './processes.ts';

let real: RealHub;
let folder: string;
let edge: Process;

const start = () =>
  startProcess({
    file: 'edge/main.ts',
    args: ['--config', join(folder, 'config.yaml')],
    env: {},
    upWhen: /linli gateway gw-a up/,
  });

beforeAll(async () => {
  real = await startRealHub();
  folder = mkdtempSync(join(tmpdir(), 'linli-push-'));
  await real.admin.post('/api/communities', { id: 'garden', name: '花园', type: '商品房' });
  const { secret } = (await real.admin.post('/api/gateways', { id: 'gw-a', communityId: 'garden', name: 'a' })).body;
  writeFileSync(join(folder, 'secret'), secret, { mode: 0o600 });
  const config = {
    gateway: { id: 'gw-a', communityId: 'garden' },
    hub: { url: `mqtt://127.0.0.1:${real.uplinkPort}`, secretFile: 'secret' },
    dataDir: 'data',
    devices: { host: '127.0.0.1', port: 0 },
    panel: { port: 0 },
    vision: { enabled: false },
    log: { level: 'silent' },
  };
  writeFileSync(join(folder, 'config.yaml'), stringify(config));
  edge = await start();
}, 120_000);
afterAll(async () => {
  await edge?.end('SIGKILL');
  await real?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const push = (settings: unknown, note?: string) => real.admin.post('/api/gateways/gw-a/settings', { settings, note });
const gateway = async () => (await real.admin.get('/api/gateways/gw-a')).body;
const settings = async () => (await gateway()).settings;

describe('a configuration that the hub pushes', { timeout: 120_000 }, () => {
  it('is checked by the hub, by the key', async () => {
    for (const [wrong, path] of [
      [{ outbox: { keepDays: -1 } }, '/settings/outbox/keepDays'],
      [{ devices: { limits: { colour: 1 } } }, '/settings/devices/limits'],
    ] as const)
      expect(await push(wrong)).toMatchObject({ status: 422, body: { error: { details: [{ path }] } } });
    expect((await gateway()).settings.wanted).toBe(0);
  });

  it('runs on the gateway, which says so; who pushed what is kept', async () => {
    await expect.poll(gateway, { timeout: 30_000 }).toMatchObject({ link: 'up', configVersion: expect.any(String) });
    const before = await gateway();
    expect((await push({ devices: { limits: { messagesPerSecondMax: 50 } } }, '演练')).status).toBe(201);
    await expect.poll(settings, { timeout: 30_000 }).toEqual({ wanted: 1, running: 1, refused: null });
    expect((await gateway()).configVersion).not.toBe(before.configVersion);
    const { items } = (await real.admin.get('/api/gateways/gw-a/settings')).body;
    expect(items).toMatchObject([
      { version: 1, note: '演练', settings: { devices: { limits: { messagesPerSecondMax: 50 } } } },
    ]);
    const audit = (await real.admin.get('/api/audit?action=gateway.settings-pushed')).body.items;
    expect(audit).toMatchObject([{ target: { id: 'gw-a' }, detail: { version: 1 } }]);
  });

  it('under which the gateway dies twice gives way to the one before, also after another start', async () => {
    // Not the minute of a trial: what version 1 went through is in tests/edge/settings.test.ts.
    await push({ devices: { limits: { messagesPerSecondMax: 60 } } });
    await expect.poll(settings, { timeout: 30_000 }).toMatchObject({ wanted: 2, running: 2 });
    for (let life = 0; life < 2; life += 1) {
      await edge.end('SIGKILL');
      edge = await start();
    }
    await expect.poll(async () => (await settings()).refused?.version, { timeout: 30_000 }).toBe(2);
    expect(await settings()).toMatchObject({
      wanted: 2,
      refused: { reason: 'the gateway ended 2 times within 60 s of taking it' },
    });
    expect((await settings()).running).toBeLessThan(2);
    expect(await edge.end('SIGTERM')).toBe(0);
    edge = await start();
    await expect.poll(settings, { timeout: 30_000 }).toMatchObject({ wanted: 2, refused: { version: 2 } });
  });

  it('and the rules reach a gateway again that lost its store', async () => {
    const rule = {
      id: 'warm',
      type: 'threshold',
      severity: 'minor',
      title: { zh: '偏热', en: 'Warm' },
      with: { field: 'temperatureCelsius', above: 30 },
    };
    const said = { communityId: 'garden', scope: 'kind', id: 'smoke-detector', rule };
    const put = await real.admin.call('PUT', '/api/rules', said);
    expect(put.status, JSON.stringify(put.body)).toBe(200);
    await push({ outbox: { keepDays: 2 } });
    await expect.poll(settings, { timeout: 30_000 }).toMatchObject({ wanted: 3, running: 3, refused: null });
    await edge.end('SIGTERM');
    rmSync(join(folder, 'data'), { recursive: true });
    const { startedAt } = await gateway();
    edge = await start();
    await expect.poll(async () => (await gateway()).startedAt, { timeout: 30_000 }).toBeGreaterThan(startedAt);
    await expect.poll(async () => (await gateway()).rules.running, { timeout: 30_000 }).toBeGreaterThan(0);
    await expect.poll(settings, { timeout: 30_000 }).toMatchObject({ wanted: 3, running: 3 });
  });

  it('with rules that cannot run, of a newer hub say, is refused by name, and the ones before run on', async () => {
    const { running } = (await gateway()).rules;
    const rule = {
      id: 'odd',
      type: 'no-such-type',
      severity: 'minor',
      title: { zh: '怪', en: 'Odd' },
      with: {},
    } as const;
    const { downlinks, records } = real.hub.services;
    const overrides = [{ scope: 'kind', id: 'smoke-detector', rule } as const];
    await downlinks.queue(records.db, 'gw-a', { type: 'rules', version: Date.now(), overrides });
    downlinks.changed('gw-a');
    await expect
      .poll(async () => (await gateway()).rules, { timeout: 30_000 })
      .toMatchObject({ running, refused: { reason: expect.stringContaining('no rule type "no-such-type"') } });
  });
});
