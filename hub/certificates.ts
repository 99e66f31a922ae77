/** Warns of certificates that will expire: at start and once a day, in the log and as a metric. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import { StartError } from '../core/errors.ts';
import type { HubConfig } from './config.ts';
import type { Metrics } from './metrics.ts';

const DAY_MS = 24 * 3_600_000;
const WARN_DAYS = 30;

export function createCertificateWatch(parts: { config: HubConfig; metrics: Metrics; clock: Clock; log: Logger }) {
  const { config, metrics, clock } = parts;
  const log = parts.log.child({ component: 'certificates' });
  const files = [
    { place: 'http', file: config.http.tls?.certFile },
    { place: 'uplink', file: config.uplink.tls?.certFile },
  ];
  let timer: Timer | undefined;

  return {
    async start(): Promise<void> {
      look();
      timer = clock.every(DAY_MS, look);
    },
    async stop(): Promise<void> {
      timer?.cancel();
    },
  };

  function look(): void {
    for (const { place, file } of files) {
      if (file === undefined) continue;
      const days = Math.floor((expiryOf(file) - clock.now()) / DAY_MS);
      metrics.certificateDays.labels(place).set(days);
      if (days <= WARN_DAYS) log.warn({ place, file, days }, 'the certificate expires soon: replace it');
    }
  }
}

/** Epoch ms. */
function expiryOf(file: string): number {
  try {
    return new X509Certificate(readFileSync(file)).validToDate.getTime();
  } catch (error) {
    throw new StartError(`${file} is no certificate (PEM) that can be read`, { cause: error });
  }
}
