/** A real gateway whose clock is ten minutes wrong: the hub says by how much, and nothing that is compared goes wrong with it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { programOrSkip } from '../../tools/programs.ts';
import { login, makeFolder, type TestFolder } from '../edge/support/gateway.ts';
import { type RealHub, startRealHub } from '../hub/real-hub.ts';
import { enrol, SMOKE } from './joined.ts';
import { type Process, startProcess } from './processes.ts';

const UP = /up: devices (mqtt:\/\/127\.0\.0\.1:\d+)/;
const FAKETIME = programOrSkip('faketime');

describe.for([
  ['ahead', 600_000],
  ['behind', -600_000],
] as const)('a gateway whose clock is ten minutes %s', { timeout: 120_000 }, ([, skewMs]) => {
  let real: RealHub;
  let folder: TestFolder;
  let gateway: Process;
  afterEach(async () => {
    await gateway?.end('SIGTERM');
    await real?.stop();
    folder?.remove();
  });

  it.skipIf(!FAKETIME)(
    'is found out (program faketime); alarms, liveness and commands are judged rightly and keep what was said',
    async () => {
      real = await startRealHub();
      const secrets = await enrol(real);
      folder = makeFolder({ hub: { url: `mqtt://127.0.0.1:${real.uplinkPort}`, secretFile: 'secret' } });
      writeFileSync(join(folder.folder, 'secret'), secrets.gateway);
      const env = {
        LD_PRELOAD: FAKETIME ?? '',
        FAKETIME: `${skewMs > 0 ? '+' : ''}${skewMs / 1_000}s`,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
      gateway = await startProcess({ file: 'edge/main.ts', args: ['--config', folder.configFile], env, upWhen: UP });
      const mqttUrl = UP.exec(gateway.output())?.[1] ?? '';

      const shown = async () => (await real.admin.get('/api/gateways/gw-1')).body;
      await expect.poll(async () => (await shown()).registry.running, { timeout: 20_000 }).toBeGreaterThan(0);
      const item = await shown();
      expect(item.link).toBe('up');
      expect(Math.abs(item.clockSkewMs - skewMs)).toBeLessThan(2_000);
      await expect
        .poll(async () => (await fetch(`${real.url}/metrics`)).text(), { timeout: 10_000 })
        .toMatch(
          new RegExp(`linli_hub_gateway_clock_skew_seconds\\{gateway="gw-1"\\} ${skewMs > 0 ? '' : '-'}(600|599|601)`),
        );

      const saidAt: number[] = [];
      real.hub.services.alarms.onChange((change) => void saidAt.push(change.saidAt));
      const client = await login(mqttUrl, 'smoke-1', { password: secrets.smoke });
      await client.subscribeAsync(`${SMOKE}/command`, { qos: 1 });
      await client.publishAsync(`${SMOKE}/event`, JSON.stringify({ type: 'alarm' }), { qos: 1 });
      await expect.poll(() => saidAt.length, { timeout: 20_000 }).toBeGreaterThan(0);
      expect(Math.abs((saidAt[0] ?? 0) - Date.now())).toBeLessThan(10_000);
      const [alarm] = (await real.admin.get('/api/alarms?deviceId=smoke-1')).body.items;
      expect(Math.abs(alarm.firstAt - skewMs - Date.now())).toBeLessThan(20_000);

      // A shelf that a person set at the hub ends when it should, whichever of the two clocks is first.
      const stateOf = async () => (await real.admin.get(`/api/alarms/${alarm.id}`)).body.state;
      const shelfEndsAt = Date.now() + 4_000;
      await real.admin.post(`/api/alarms/${alarm.id}/shelve`, { untilAt: shelfEndsAt, reason: '夜间' });
      await expect.poll(stateOf, { timeout: 20_000, interval: 20 }).toBe('unacked');
      expect(Date.now()).toBeGreaterThanOrEqual(shelfEndsAt);

      // A planned silence that holds now, by the hub's clock, mutes what is raised now, until its end.
      const silence = {
        type: 'maintenance',
        fromAt: Date.now() - 60_000,
        untilAt: Date.now() + 300_000,
        reason: '检修',
      };
      const planned = await real.admin.post('/api/mute-windows', {
        ...silence,
        communityId: 'jinxiu',
        match: { rules: ['heat'] },
      });
      expect(planned.status, JSON.stringify(planned.body)).toBe(201);
      const queued = async () =>
        real.hub.services.records.db.selectFrom('downlinks').select('seq').where('ackedAt', 'is', null).execute();
      await expect.poll(queued, { timeout: 20_000 }).toEqual([]);
      await client.publishAsync(`${SMOKE}/telemetry`, JSON.stringify({ smokeDbPerM: 0, temperatureCelsius: 90 }), {
        qos: 1,
      });
      const heat = async () => (await real.admin.get('/api/alarms?state=suppressed')).body.items[0];
      await expect.poll(heat, { timeout: 20_000 }).toMatchObject({ rule: 'heat', skewMs: expect.any(Number) });
      const [mute] = (await heat()).suppressedBy;
      expect(Math.abs(mute.untilAt - silence.untilAt)).toBeLessThan(2_000);

      // Its devices are seen now, not ten minutes ago or to come.
      const device = async () => (await real.admin.get('/api/devices/smoke-1')).body;
      await expect.poll(async () => (await device()).latest.temperatureCelsius, { timeout: 20_000 }).toBeDefined();
      const seen = await device();
      expect(Math.abs(seen.lastSeenAt - Date.now())).toBeLessThan(20_000);
      expect(seen.latest.temperatureCelsius.at - seen.lastSeenAt).toSatisfy(
        (ms: number) => Math.abs(ms - skewMs) < 10_000,
      );

      const received = new Promise<{ id: string }>((resolve) => {
        client.on('message', (_topic, payload) => resolve(JSON.parse(payload.toString()) as { id: string }));
      });
      const body = { name: 'mute', args: {}, deadlineMs: 20_000 };
      const sent = await real.admin.post('/api/devices/smoke-1/commands', body);
      expect(sent.status, JSON.stringify(sent.body)).toBeLessThan(300);
      expect((await received).id).toBe(sent.body.id);

      await client.endAsync(true);
      const late = await real.admin.post('/api/devices/smoke-1/commands', { ...body, deadlineMs: 2_000 });
      const statusOf = async () =>
        (await real.admin.get('/api/devices/smoke-1/commands')).body.items.find(
          ({ id }: { id: string }) => id === late.body.id,
        )?.status;
      await expect.poll(statusOf, { timeout: 20_000 }).toBe('expired');
    },
  );
});
