/** The gateways' line under TLS: only TLS 1.2 and newer, only certificates of our authority, each for its own gateway. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../tools/certificates.ts';
import { programOrSkip } from '../../tools/programs.ts';
import { type RealHub, startRealHub } from './real-hub.ts';

describe.skipIf(!programOrSkip('openssl'))('the uplink under mutual TLS (program openssl)', () => {
  let folder: string;
  let real: RealHub;
  let secret: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'linli-tls-'));
    makeAuthority(folder);
    makeCertificate(folder, 'hub', { hosts: ['127.0.0.1'], days: 2 });
    for (const name of ['gw-a', 'gw-b']) makeCertificate(folder, name);
    real = await startRealHub({
      LINLI_UPLINK_TLS_CERT: file('hub.pem'),
      LINLI_UPLINK_TLS_KEY: file('hub.key'),
      LINLI_UPLINK_TLS_CLIENT_CA: file('ca.pem'),
    });
    await real.admin.post('/api/communities', { id: 'garden', name: '花园', type: '商品房' });
    secret = (await real.admin.post('/api/gateways', { id: 'gw-a', communityId: 'garden', name: 'a' })).body.secret;
  }, 60_000);
  afterAll(async () => {
    await real?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string) => join(folder, name);

  const connect = (certificate: string | undefined, options: Partial<IClientOptions> = {}) =>
    connectAsync(`mqtts://127.0.0.1:${real.uplinkPort}`, {
      username: 'gw-a',
      password: secret,
      clientId: 'gw-a',
      reconnectPeriod: 0,
      ca: readFileSync(file('ca.pem')),
      ...(certificate
        ? { cert: readFileSync(file(`${certificate}.pem`)), key: readFileSync(file(`${certificate}.key`)) }
        : {}),
      ...options,
    });

  it.for([4, 5] as const)(
    'lets a gateway in with its own certificate and secret (MQTT version %i)',
    async (protocolVersion) => {
      const client = await connect('gw-a', { protocolVersion });
      expect(client.connected).toBe(true);
      await client.endAsync();
    },
  );

  it('refuses a gateway without a certificate, with another’s, and with a wrong secret', async () => {
    await expect(connect(undefined)).rejects.toThrow();
    await expect(connect('gw-b')).rejects.toThrow();
    await expect(connect('gw-a', { password: 'wrong' })).rejects.toThrow();
  });

  it('speaks no TLS below 1.2', async () => {
    const ended = new Promise<string>((resolve) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: real.uplinkPort,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        rejectUnauthorized: false,
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', () => resolve('refused'));
    });
    expect(await ended).toBe('refused');
  });

  it('counts the days that its certificate has left', async () => {
    const metrics = await (await fetch(`${real.url}/metrics`)).text();
    expect(metrics).toMatch(/linli_hub_certificate_days_left\{place="uplink"\} 1/);
  });
});
