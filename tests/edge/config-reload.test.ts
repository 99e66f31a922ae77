/** The gateway's file is read again when it changes: rules and limits at once, the rest at the next start, a fault not at all. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  alarmsOf,
  getJson,
  login,
  makeFolder,
  metric,
  type RunningGateway,
  startInProcess,
  type TestFolder,
} from './support/gateway.ts';

const SMOKE = 'linli/jinxiu/smoke-detector/smoke-1';
const WARM = {
  scope: 'device',
  id: 'smoke-1',
  rule: {
    id: 'warm',
    type: 'threshold',
    severity: 'minor',
    title: { zh: '偏热', en: 'Warm' },
    with: { field: 'temperatureCelsius', above: 30 },
  },
};

describe('the file of a running gateway', { timeout: 60_000 }, () => {
  let folder: TestFolder;
  let gateway: RunningGateway;
  beforeEach(async () => {
    folder = makeFolder();
    gateway = await startInProcess(folder, { watch: true });
  });
  afterEach(async () => {
    await gateway.stop();
    folder.remove();
  });

  function change(edit: (config: Record<string, unknown>) => void): void {
    const config = parse(readFileSync(folder.configFile, 'utf8')) as Record<string, unknown>;
    edit(config);
    writeFileSync(folder.configFile, stringify(config));
  }
  const problems = async () => (await getJson<{ problems?: string[] }>(`${gateway.panelUrl}/api/state`)).problems;
  const configVersion = async () =>
    (await getJson<{ configVersion: string }>(`${gateway.panelUrl}/api/state`)).configVersion;
  async function warmth(value: number): Promise<string[]> {
    const client = await login(gateway.mqttUrl, 'smoke-1');
    const payload = JSON.stringify({ smokeDbPerM: 0, temperatureCelsius: value });
    await client.publishAsync(`${SMOKE}/telemetry`, payload, { qos: 1 });
    await client.endAsync();
    return (await alarmsOf(gateway.panelUrl)).map((alarm) => alarm.rule);
  }

  it('brings new rules and limits into force without a restart', async () => {
    const client = await login(gateway.mqttUrl, 'bin-1');
    await client.subscribeAsync('linli/jinxiu/smart-bin/bin-1/command');
    const before = await configVersion();
    change((config) => {
      config.rules = [WARM];
      (config.devices as Record<string, unknown>).limits = { subscriptionsMax: 1, topicLevelsMax: 5 };
    });
    await expect.poll(() => warmth(35), { timeout: 20_000 }).toContain('warm');
    const second = client.subscribeAsync('linli/jinxiu/smart-bin/bin-1/other');
    await expect(second).rejects.toThrow();
    expect(await metric(gateway.panelUrl, 'linli_edge_topics_too_deep_total')).toBe(0);
    await client.publishAsync('linli/jinxiu/smart-bin/bin-1/telemetry/more', '{}', { qos: 1 });
    await expect.poll(() => metric(gateway.panelUrl, 'linli_edge_topics_too_deep_total'), { timeout: 5_000 }).toBe(1);
    expect(await configVersion()).not.toBe(before);
    expect(await problems()).toBeUndefined();
    await client.endAsync();
  });

  it('with a fault changes nothing, says which, and is taken once it is mended', async () => {
    change((config) => {
      config.rules = [WARM];
    });
    await expect.poll(() => warmth(35), { timeout: 20_000 }).toContain('warm');
    const broken: [(config: Record<string, unknown>) => void, RegExp][] = [
      [(config) => Object.assign(config, { colour: 'red' }), /colour is not a key/],
      [
        (config) =>
          Object.assign(config, { colour: undefined, rules: [{ ...WARM, rule: { ...WARM.rule, with: {} } }] }),
        /rules: rule warm \(threshold\): .*what ran before runs on/,
      ],
      [
        (config) => Object.assign(config, { rules: [WARM], panel: { port: 1 } }),
        /panel\.port: changed in the file, in force at the next start/,
      ],
    ];
    for (const [edit, line] of broken) {
      change(edit);
      await expect.poll(problems, { timeout: 20_000 }).toEqual([expect.stringMatching(line)]);
    }
    writeFileSync(folder.configFile, 'gateway: {id: [');
    await expect.poll(problems, { timeout: 20_000 }).toEqual([expect.stringMatching(/not YAML/)]);
    expect((await getJson<{ id: string }>(`${gateway.panelUrl}/api/state`)).id).toBe('gw-1');
  });
});
