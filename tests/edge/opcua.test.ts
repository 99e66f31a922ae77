import { AttributeIds, OPCUAClient, type ReadValueIdOptions, StatusCodes, WriteValue } from 'node-opcua';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login, makeFolder, type RunningGateway, startInProcess, type TestFolder } from './support/gateway.ts';

describe('the OPC UA server of a gateway', () => {
  const port = 24_840 + (process.pid % 1_000);
  let folder: TestFolder;
  let gateway: RunningGateway;

  beforeAll(async () => {
    folder = makeFolder({ opcua: { enabled: true, host: '127.0.0.1', port } });
    gateway = await startInProcess(folder);
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    folder?.remove();
  }, 60_000);

  it('shows devices, values with status, alarm states, and lets nobody write', async () => {
    const client = OPCUAClient.create({
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 60, initialDelay: 500, maxDelay: 1_000 },
    });
    await client.connect(`opc.tcp://127.0.0.1:${port}/linli`);
    const session = await client.createSession();
    const read = (name: string) => {
      const node: ReadValueIdOptions = { nodeId: `ns=2;s=smoke-1/${name}`, attributeId: AttributeIds.Value };
      return session.read(node);
    };
    const namespaces = await session.readNamespaceArray();
    expect(namespaces[2]).toBe('urn:linli:jinxiu');
    expect((await read('smokeDbPerM')).statusCode).toEqual(StatusCodes.BadWaitingForInitialData);

    const device = await login(gateway.mqttUrl, 'smoke-1');
    const topic = 'linli/jinxiu/smoke-detector/smoke-1';
    await device.publishAsync(`${topic}/telemetry`, JSON.stringify({ smokeDbPerM: 0.25, temperatureCelsius: 20 }), {
      qos: 1,
    });
    await device.publishAsync(`${topic}/event`, JSON.stringify({ type: 'alarm' }), { qos: 1 });
    await device.endAsync();
    await expect.poll(async () => (await read('smokeDbPerM')).value.value, { timeout: 20_000 }).toBe(0.25);
    expect((await read('smokeDbPerM')).statusCode).toEqual(StatusCodes.Good);
    await expect.poll(async () => (await read('AlarmState')).value.value, { timeout: 20_000 }).toBe('unacked');
    expect((await read('ActiveAlarms')).value.value).toBe(1);
    const attempt = await session.write(
      new WriteValue({
        nodeId: 'ns=2;s=smoke-1/smokeDbPerM',
        attributeId: AttributeIds.Value,
        value: { value: { dataType: 'Double', value: 9 } },
      }),
    );
    expect(attempt).not.toEqual(StatusCodes.Good);
    await session.close();
    await client.disconnect();
  }, 120_000);
});
