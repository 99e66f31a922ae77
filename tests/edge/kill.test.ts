import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { alarmsOf, device, getJson, login, makeFolder, type TestFolder } from './support/gateway.ts';

interface Process {
  child: ChildProcess;
  mqttUrl: string;
  panelUrl: string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** `npm run edge` as in production; resolves with its start-up line. */
async function start(configFile: string): Promise<Process> {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    'edge/main.ts',
    '--config',
    configFile,
  ]);
  let output = '';
  const line = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (/ up: .*\n/.test(output)) resolve(output);
      });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  return {
    child,
    mqttUrl: /mqtt:\/\/[\d.:]+/.exec(line)?.[0] ?? '',
    panelUrl: /http:\/\/[\d.:]+/.exec(line)?.[0] ?? '',
    end(signal) {
      const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      child.kill(signal);
      return gone;
    },
  };
}

describe('the gateway as a process', () => {
  let folder: TestFolder;
  let running: Process | undefined;
  afterEach(async () => {
    if (running?.child.exitCode === null && running.child.signalCode === null) await running.end('SIGKILL');
    folder.remove();
  });

  it('killed right after a PUBACK, has every effect of the message at the next start, once', async () => {
    const devices = [1, 2, 3].map((round) => device(`smoke-${round}`, 'smoke-detector'));
    folder = makeFolder({}, devices);
    for (let round = 1; round <= 3; round += 1) {
      running = await start(folder.configFile);
      const id = `smoke-${round}`;
      const client = await login(running.mqttUrl, id);
      client.on('error', () => {});
      const topic = `linli/jinxiu/smoke-detector/${id}`;
      await client.publishAsync(
        `${topic}/telemetry`,
        JSON.stringify({ smokeDbPerM: round / 10, temperatureCelsius: 20 }),
        { qos: 1 },
      );
      await client.publishAsync(`${topic}/event`, JSON.stringify({ type: 'alarm' }), { qos: 1 });
      await running.end('SIGKILL');
      client.end(true);
      running = await start(folder.configFile);
      const { panelUrl } = running;
      const fire = (await alarmsOf(panelUrl)).filter((alarm) => alarm.rule === 'fire');
      expect(fire).toHaveLength(round);
      expect(fire.every((alarm) => alarm.condition === 'active' && alarm.count === 1)).toBe(true);
      const shown = await getJson<{ items: { id: string; values: { field: string; value: number }[] }[] }>(
        `${panelUrl}/api/devices`,
      );
      const smoke = shown.items.find((one) => one.id === id)?.values.find((one) => one.field === 'smokeDbPerM');
      expect(smoke?.value).toBe(round / 10);
      await running.end('SIGTERM');
    }
  }, 180_000);

  it('ends with code 0 within ten seconds of a SIGTERM, with devices connected', async () => {
    folder = makeFolder();
    running = await start(folder.configFile);
    const client = await login(running.mqttUrl, 'smoke-1');
    client.on('error', () => {});
    const startedAt = performance.now();
    expect(await running.end('SIGTERM')).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    client.end(true);
  }, 60_000);

  it('names the taken port and the key that moves it, in one line', async () => {
    folder = makeFolder();
    running = await start(folder.configFile);
    const port = Number(running.mqttUrl.split(':').at(-1));
    const second = makeFolder({ devices: { host: '127.0.0.1', port } });
    await expect(start(second.configFile)).rejects.toThrow(
      new RegExp(
        `ended with 1: linli gateway: devices\\.port: port ${port} on 127\\.0\\.0\\.1 is taken; set devices\\.port`,
      ),
    );
    second.remove();
  }, 60_000);
});
