/** The listener's TLS server: 1.2 at least, client certificates on demand, expiry reported once a day. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import type { EdgeConfig } from '../config.ts';
import type { FromListener } from './mqtt-messages.ts';

const DAY_MS = 24 * 3_600_000;

export async function createTlsServer(
  tls: NonNullable<EdgeConfig['devices']['tls']>,
  clock: Clock,
  accept: (socket: Socket) => void,
  tell: (message: FromListener) => void,
): Promise<Server> {
  const cert = await readFile(tls.certFile);
  const ca = tls.clientCaFile ? await readFile(tls.clientCaFile) : undefined;
  const server = createServer({
    cert,
    key: await readFile(tls.keyFile),
    ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}),
    minVersion: 'TLSv1.2',
  });
  server.on('secureConnection', accept);
  const warn = () => warnOfExpiry(cert, tls.expiryWarningDays, clock, tell);
  warn();
  clock.every(DAY_MS, warn);
  return server;
}

function warnOfExpiry(pem: Buffer, warningDays: number, clock: Clock, tell: (message: FromListener) => void): void {
  const certificate = new X509Certificate(pem);
  const expiresAt = certificate.validToDate.getTime();
  if (expiresAt - clock.now() < warningDays * DAY_MS)
    tell({ type: 'certificate', expiresAt, subject: certificate.subject });
}
