/**
 * The whole enrolment under TLS with a street's own authority: the hub's program over https, mutual TLS
 * on the uplink, and a gateway's program that has a claim code, its certificate and nothing else.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../tools/certificates.ts';
import { programOrSkip } from '../../tools/programs.ts';
import { writeClaimantConfig } from './claimant.ts';
import { type Process, runToEnd, startProcess } from './processes.ts';

const UP = /linli gateway gw-a up/;

describe.skipIf(!programOrSkip('openssl'))('enrolment under TLS (program openssl)', { timeout: 120_000 }, () => {
  let folder: string;
  let hub: Process;
  let port: number;
  let cookie = '';
  const processes: Process[] = [];
  const file = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'linli-claim-tls-'));
    makeAuthority(folder);
    makeCertificate(folder, 'hub', { hosts: ['127.0.0.1'], days: 20 });
    makeCertificate(folder, 'gw-a');
    const files = (prefix: string) => ({ [`${prefix}_CERT`]: file('hub.pem'), [`${prefix}_KEY`]: file('hub.key') });
    hub = await startProcess({
      file: 'hub/main.ts',
      env: {
        LINLI_DATA_DIR: file('data'),
        LINLI_HUB_PORT: '0',
        LINLI_UPLINK_PORT: '0',
        LINLI_LOG_LEVEL: 'warn',
        ...files('LINLI_HUB_TLS'),
        ...files('LINLI_UPLINK_TLS'),
        LINLI_UPLINK_TLS_CLIENT_CA: file('ca.pem'),
        LINLI_UPLINK_TLS_CA: file('ca.pem'),
      },
      upWhen: /Linli hub: https:\/\/127\.0\.0\.1:\d+/,
    });
    processes.push(hub);
    port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(hub.output())?.[1]);
    const login = JSON.parse(readFileSync(join(file('data'), 'hub', 'first-login.json'), 'utf8')) as object;
    const answer = await call('POST', '/api/session', login);
    cookie = String(answer.headers['set-cookie']?.[0]);
    await call('POST', '/api/communities', { id: 'garden', name: '花园', type: '商品房' });
  }, 120_000);
  afterAll(async () => {
    for (const process of processes) await process.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function call(method: string, path: string, body?: unknown) {
    return new Promise<{
      status: number;
      headers: IncomingHttpHeaders;
      body: Record<string, unknown>;
    }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', cookie: cookie.split(';')[0] ?? '' };
      const sent = https.request(
        { host: '127.0.0.1', port, path, method, headers, ca: readFileSync(file('ca.pem')) },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', () => {
            const isJson = String(response.headers['content-type']).includes('json');
            const parsed = (isJson && text ? JSON.parse(text) : { text }) as Record<string, unknown>;
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  function configFor(name: string, claim: Record<string, unknown>): string {
    return writeClaimantConfig(file(name), claim);
  }

  it('serves https with a Secure cookie, HSTS and nothing below TLS 1.2, and counts the days of its certificate', async () => {
    expect(cookie).toMatch(/; Secure/);
    const health = await call('GET', '/healthz');
    expect(health.status).toBe(200);
    expect(health.headers['strict-transport-security']).toMatch(/max-age/);
    const outcome = new Promise<string>((resolve) => {
      const options = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', rejectUnauthorized: false } as const;
      const socket = tls.connect({ host: '127.0.0.1', port, ...options });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', () => resolve('refused'));
    });
    expect(await outcome).toBe('refused');
    const metrics = String((await call('GET', '/metrics')).body.text);
    expect(metrics).toMatch(/linli_hub_certificate_days_left\{place="http"\} (19|20)/);
    expect(hub.output()).toContain('the certificate expires soon: replace it');
  });

  it('brings a gateway in with a claim code, the hub’s authority and its own certificate', async () => {
    const wanted = { type: 'gateway', gatewayId: 'gw-a', communityId: 'garden', name: 'a' };
    const { code } = (await call('POST', '/api/claims', wanted)).body;
    const url = `https://127.0.0.1:${port}`;
    const untrusting = configFor('untrusting', { url, code });
    const ended = await runToEnd({ file: 'edge/main.ts', args: ['--config', untrusting], env: {} });
    expect(ended.code).toBe(1);
    expect(ended.output).toMatch(/claim\.url: the certificate of \S+ is not trusted \(\w+\): set claim\.caFile/);

    const own = { certFile: file('gw-a.pem'), keyFile: file('gw-a.key') };
    const config = configFor('gateway', { url, code, caFile: file('ca.pem'), ...own });
    const edge = await startProcess({ file: 'edge/main.ts', args: ['--config', config], env: {}, upWhen: UP });
    processes.push(edge);
    expect(edge.output()).toMatch(/hub mqtts:\/\/127\.0\.0\.1:\d+/);
    const kept = readFileSync(join(file('gateway'), 'data', 'hub-ca.pem'), 'utf8');
    expect(kept).toBe(readFileSync(file('ca.pem'), 'utf8'));
    const link = async () => (await call('GET', '/api/gateways/gw-a')).body.link;
    await expect.poll(link, { timeout: 30_000 }).toBe('up');
  });
});
