/** A fire panel at a real gateway: what it says becomes alarms, and nothing is confirmed before it is kept. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { encodeFrame, makeFrameDecoder, VARIANTS } from '../../devices/protocols/gbt26875.ts';
import type { ComponentState, Report } from '../../devices/protocols/gbt26875-data.ts';
import { type FirePanel, makeFirePanel } from '../../simulators/fire-panel.ts';
import {
  alarmsOf,
  device,
  getJson,
  makeFolder,
  type RunningGateway,
  startInProcess,
  type TestFolder,
} from './support/gateway.ts';

const ADDRESS = '0102030405ff';
const XOR_ADDRESS = '0102030405fe';
const component = (address: string, componentAddress: number) => ({
  options: { gbt26875: { address, systemAddress: 1, componentAddress } },
});
const DEVICES = [
  device('smoke-1', 'smoke-detector', component(ADDRESS, 11)),
  device('button-1', 'manual-call-point', component(ADDRESS, 12)),
  device('water-1', 'water-pressure', component(XOR_ADDRESS, 13)),
];
/** The panel's clock is years behind: a fire counts all the same. */
const time = { year: 2021, month: 7, day: 27, hour: 9, minute: 9, second: 5 };

function state(componentAddress: number, states: ComponentState[]): Report {
  const ref = { systemType: 1, systemAddress: 1, componentType: 42, componentAddress };
  return { type: 'component-state', ...ref, states, text: '3号楼5层', time };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a fire panel', () => {
  let folder: TestFolder;
  let gateway: RunningGateway;
  let panel: FirePanel;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const transmitters = { [ADDRESS]: 'standard', [XOR_ADDRESS]: 'xor-checksum' };
    folder = makeFolder({ gbt26875: { enabled: true, host: '127.0.0.1', port, transmitters } }, DEVICES);
    gateway = await startInProcess(folder);
    panel = makeFirePanel({ host: '127.0.0.1', port, address: ADDRESS, clock: systemClock });
    await panel.start();
  });
  afterAll(async () => {
    panel?.stop();
    await gateway?.stop();
    folder?.remove();
  });

  const alarm = async (deviceId: string, rule: string) =>
    (await alarmsOf(gateway.panelUrl)).find((one) => one.deviceId === deviceId && one.rule === rule);

  it('raises the alarm of the component on fire, latched when it has gone, with the raw frame as evidence', async () => {
    expect(await panel.report([state(11, ['fire'])])).toBe('confirm');
    await expect.poll(() => alarm('smoke-1', 'fire'), { timeout: 10_000 }).toMatchObject({ condition: 'active' });
    const raised = await alarm('smoke-1', 'fire');
    const evidenceOf = async () =>
      (await getJson<{ evidence: { type: string; bytes: number }[] }>(`${gateway.panelUrl}/api/alarms/${raised?.id}`))
        .evidence;
    await expect.poll(evidenceOf, { timeout: 10_000 }).toMatchObject([{ type: 'raw', bytes: 78 }]);
    expect(await panel.report([state(11, ['normal'])])).toBe('confirm');
    await expect.poll(() => alarm('smoke-1', 'fire'), { timeout: 10_000 }).toMatchObject({ latched: true });
  });

  it('reports many components in one frame', async () => {
    const reports = [state(12, ['fire']), state(11, ['fault'])];
    expect(await panel.report(reports)).toBe('confirm');
    await expect.poll(() => alarm('button-1', 'pressed'), { timeout: 10_000 }).toMatchObject({ condition: 'active' });
    await expect.poll(() => alarm('smoke-1', 'fault'), { timeout: 10_000 }).toMatchObject({ condition: 'active' });
  });

  it('is understood behind noise on the line', async () => {
    panel.sendRaw(Uint8Array.of(1, 2, 0x40, 3, 0x40));
    expect(await panel.report([state(11, ['normal'])])).toBe('confirm');
  });

  it('is denied what cannot be read', async () => {
    const socket = connect(port, '127.0.0.1');
    const frame = { serial: 9_999, version: { main: 1, user: 0 }, time, source: ADDRESS, destination: '000000000000' };
    socket.write(encodeFrame({ ...frame, command: 'send', data: Uint8Array.of(2, 5, 0) }));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    const [answer] = makeFrameDecoder().push(bytes);
    expect(answer).toMatchObject({ type: 'frame', frame: { serial: 9_999, command: 'deny', destination: ADDRESS } });
    socket.destroy();
  });

  it('does not let a fire rest whose component nobody enrolled, and says which it is', async () => {
    expect(await panel.report([state(99, ['normal'])])).toBe('confirm');
    expect(await panel.report([state(99, ['fire']), state(11, ['normal'])])).toBe('deny');
    const page = await getJson<{ problems: string[] }>(`${gateway.panelUrl}/api/state`);
    expect(page.problems).toMatchObject([expect.stringContaining(`${ADDRESS}/1/99 (3号楼5层)`)]);
    const letters = async () =>
      (await getJson<{ items: { deviceId: string; reason: string }[] }>(`${gateway.panelUrl}/api/dead-letters`)).items;
    await expect
      .poll(letters)
      .toMatchObject(['fire', 'normal'].map(() => ({ deviceId: ADDRESS, reason: 'unknown-component' })));
    const metrics = await (await fetch(`${gateway.panelUrl}/metrics`)).text();
    expect(metrics).toContain('linli_edge_fire_panel_refused_total{reason="unknown-component"} 2');
  });

  it('speaks the dialect of its model', async () => {
    const other = makeFirePanel({
      host: '127.0.0.1',
      port,
      address: XOR_ADDRESS,
      clock: systemClock,
      variant: VARIANTS['xor-checksum'],
    });
    await other.start();
    const ref = { systemType: 1, systemAddress: 1, componentType: 60, componentAddress: 13 };
    expect(await other.report([{ type: 'analogue', ...ref, analogue: 5, count: 4_200, time }])).toBe('confirm');
    const pressure = async () =>
      (
        await getJson<{ items: { id: string; values: { value: unknown }[] }[] }>(`${gateway.panelUrl}/api/devices`)
      ).items
        .find((one) => one.id === 'water-1')
        ?.values.map((one) => one.value);
    await expect.poll(pressure, { timeout: 10_000 }).toEqual([0.42]);
    other.stop();
  });

  it('is cut off when nobody knows it', async () => {
    const stranger = makeFirePanel({ host: '127.0.0.1', port, address: 'ffffffffffff', clock: systemClock });
    await stranger.start();
    expect(await stranger.report([state(11, ['fire'])])).toBe('silence');
    stranger.stop();
  });
});
