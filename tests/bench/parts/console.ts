/** A real hub process with its stores on disk, and a console that listens to its event stream. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { BENCH_SECRET } from './gateway.ts';
import type { HubOrder } from './hub.ts';
import { type Part, ROOT, startNode } from './processes.ts';

export interface BenchHub extends Part {
  folder: string;
  remove(): Promise<void>;
}

/** `port` is that of the uplink. */
export async function startHub(order: Omit<HubOrder, 'folder'>): Promise<BenchHub> {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache', 'bench-hub-'));
  const hub = await startNode('tests/bench/parts/hub.ts', [JSON.stringify({ ...order, folder })]);
  return {
    ...hub,
    folder,
    async remove() {
      await hub.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** When the console first saw the alarm and the reading of each device whose id begins with `prefix`. */
export async function watchConsole(hubFolder: string, prefix: string) {
  const login = JSON.parse(readFileSync(join(hubFolder, 'bench.json'), 'utf8')) as Record<string, string>;
  const { url, username, password } = login;
  const session = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const abort = new AbortController();
  const stream = await fetch(`${url}/api/live`, {
    headers: { cookie: session.headers.getSetCookie()[0]?.split(';')[0] ?? '' },
    signal: abort.signal,
  });
  const seen = { alarm: new Map<string, number>(), device: new Map<string, number>(), close: () => abort.abort() };
  void follow(stream.body, prefix, (event, data) => {
    const now = performance.now();
    const { deviceId } = data;
    if (event === 'alarm' && deviceId !== undefined && !seen.alarm.has(deviceId)) seen.alarm.set(deviceId, now);
    if (event === 'device' && data.latest?.pressed?.value === true && !seen.device.has(data.id))
      seen.device.set(data.id, now);
  });
  return seen;
}

/** What is looked at in the data of alarms and devices. */
interface LiveData {
  id: string;
  deviceId?: string;
  latest?: { pressed?: { value: unknown } };
}

async function follow(
  body: ReadableStream<Uint8Array> | null,
  prefix: string,
  take: (event: string, data: LiveData) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = /^event: (\w+)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        // Only events that are waited for are worth parsing: the reader shares the machine.
        if (event && data?.includes(`"${prefix}`)) take(event, JSON.parse(data) as LiveData);
      }
    }
  } catch {
    // Closed at the end of the measurement.
  }
}

/** A device that has just been enrolled may have to wait until its gateway has heard of it. */
export async function connectDevice(port: number, id: string): Promise<MqttClient> {
  const options = {
    username: id,
    password: BENCH_SECRET,
    clientId: id,
    reconnectPeriod: 0,
  };
  for (let tries = 0; ; tries += 1) {
    try {
      return await connectAsync(`mqtt://127.0.0.1:${port}`, options);
    } catch (error) {
      if (tries > 50) throw error;
      await sleep(300);
    }
  }
}
