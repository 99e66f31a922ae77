import type mqtt from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import { login, makeFolder, metric, type RunningGateway, startInProcess, type TestFolder } from './support/gateway.ts';

const TOPIC = 'linli/jinxiu/smoke-detector/smoke-1';
let folder: TestFolder;
let gateway: RunningGateway;
afterEach(async () => {
  await gateway?.stop();
  folder?.remove();
});

/** A device that starts its packet identifiers at the same number after each connection. */
const sameIdentifier: NonNullable<mqtt.IClientOptions['messageIdProvider']> = {
  allocate: () => 7,
  getLastAllocated: () => 7,
  register: () => true,
  deallocate: () => {},
  clear: () => {},
};

async function say(payload: object, options: { dup?: boolean } = {}): Promise<void> {
  const client = await login(gateway.mqttUrl, 'smoke-1', { messageIdProvider: sameIdentifier });
  await client.publishAsync(`${TOPIC}/event`, JSON.stringify(payload), { qos: 1, ...options });
  await client.endAsync();
}

async function counts(expected: { kept: number; repeated: number }): Promise<void> {
  const read = async () => ({
    kept: await metric(gateway.panelUrl, 'linli_edge_kept_total'),
    repeated: await metric(gateway.panelUrl, 'linli_edge_repeated_total'),
  });
  await expect.poll(read, { timeout: 5_000 }).toEqual(expected);
}

const cases: [string, object, boolean, boolean][] = [
  ['with DUP', { type: 'alarm' }, true, true],
  ['without DUP, but about the same instant', { type: 'alarm', at: Date.now() }, false, true],
  ['without DUP and without a time', { type: 'alarm' }, false, false],
];
for (const [what, payload, dup, isRepeat] of cases) {
  it(`a message sent again ${what} ${isRepeat ? 'is kept once' : 'is a new one'}, also after a restart`, async () => {
    folder = makeFolder();
    gateway = await startInProcess(folder);
    await say(payload);
    await say(payload, { dup });
    await counts({ kept: isRepeat ? 1 : 2, repeated: isRepeat ? 1 : 0 });
    await gateway.stop();
    gateway = await startInProcess(folder);
    await say(payload, { dup });
    await counts({ kept: isRepeat ? 0 : 1, repeated: isRepeat ? 1 : 0 });
  });
}
