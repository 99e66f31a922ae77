/** The devices' listener under TLS: 1.2 at least, and with an authority given, only devices with a certificate of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../tools/certificates.ts';
import { programOrSkip } from '../../tools/programs.ts';
import { login, makeFolder, type RunningGateway, startInProcess, type TestFolder } from './support/gateway.ts';

const TOPIC = 'linli/jinxiu/smoke-detector/smoke-1';
const CALM = JSON.stringify({ smokeDbPerM: 0.05, temperatureCelsius: 21 });

describe.skipIf(!programOrSkip('openssl'))('the device listener under TLS (program openssl)', () => {
  let folder: TestFolder;
  let gateway: RunningGateway;
  const said: string[] = [];
  const file = (name: string) => readFileSync(join(folder.folder, name));
  const url = () => gateway.mqttUrl.replace('mqtt:', 'mqtts:');

  async function start(settings: object): Promise<void> {
    folder = makeFolder({
      devices: { host: '127.0.0.1', port: 0, tls: { certFile: 'gateway.pem', keyFile: 'gateway.key', ...settings } },
    });
    makeAuthority(folder.folder);
    makeCertificate(folder.folder, 'gateway', { hosts: ['127.0.0.1'], days: 20 });
    makeCertificate(folder.folder, 'smoke-1');
    const log = pino({ level: 'warn' }, { write: (line: string) => said.push(line) });
    gateway = await startInProcess(folder, { log });
  }
  const stop = async () => {
    await gateway?.stop();
    folder?.remove();
  };

  describe('with a certificate of its own', () => {
    beforeAll(() => start({}));
    afterAll(stop);

    it.for([4, 5] as const)('takes what a device publishes (protocol level %i)', async (protocolVersion) => {
      const client = await login(url(), 'smoke-1', { ca: file('ca.pem'), protocolVersion });
      await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
      await client.publishAsync(`${TOPIC}/telemetry`, Buffer.alloc(60_000, 32), { qos: 0 });
      await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
      await client.endAsync();
    });

    it('is not trusted by a device that does not know the authority', async () => {
      await expect(login(url(), 'smoke-1')).rejects.toThrow(/certificate/);
    });

    it.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s', async (version) => {
      const port = Number(new URL(url()).port);
      const outcome = new Promise<string>((resolve) => {
        // Security level 0: the client itself would refuse to offer so old a version.
        const options = {
          minVersion: version,
          maxVersion: version,
          rejectUnauthorized: false,
          ciphers: 'ALL@SECLEVEL=0',
        };
        const socket = tls.connect({ host: '127.0.0.1', port, ...options });
        socket.once('secureConnect', () => resolve('connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'refused'));
      });
      expect(await outcome).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    });

    it('warns that its certificate ends within thirty days', () => {
      expect(said.some((line) => line.includes('certificate of the listener expires soon'))).toBe(true);
    });
  });

  describe('with an authority for its devices', () => {
    beforeAll(() => start({ clientCaFile: 'ca.pem' }));
    afterAll(stop);

    it('lets in a device with a certificate of that authority and its secret, and nobody without', async () => {
      const own = { ca: file('ca.pem'), cert: file('smoke-1.pem'), key: file('smoke-1.key') };
      const client = await login(url(), 'smoke-1', own);
      await client.publishAsync(`${TOPIC}/telemetry`, CALM, { qos: 1 });
      await client.endAsync();
      await expect(login(url(), 'smoke-1', { ca: file('ca.pem') })).rejects.toThrow();
      await expect(login(url(), 'smoke-1', { ...own, password: 'wrong' })).rejects.toThrow();
    });
  });
});
