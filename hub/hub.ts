/**
 * The hub: the only place where its parts are put together. In: a configuration and a clock. Out:
 * `start` and `stop`. Gateways come in through uplink → ingest → alarms; people come in through
 * plugins/server → routes; both end in the stores, and `live` tells the consoles.
 */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import { StartError } from '../core/errors.ts';
import { idMaker } from '../core/ids.ts';
import { loadKinds } from '../devices/kinds.ts';
import { loadRuleParameters } from '../devices/rule-parameters.ts';
import { createAlarms } from './alarms/alarms.ts';
import { createExpiry } from './alarms/expiry.ts';
import { createAudit } from './audit.ts';
import { createCalm } from './calm.ts';
import { createCertificateWatch } from './certificates.ts';
import type { HubConfig } from './config.ts';
import { createDisk } from './disk.ts';
import { firstLogin } from './first-login.ts';
import { createGauges } from './gauges.ts';
import { createDeviceStates } from './ingest/device-states.ts';
import { createIngest } from './ingest/ingest.ts';
import { createLaneMarks } from './ingest/lane-marks.ts';
import { createLive } from './live/live.ts';
import { createMetrics } from './metrics.ts';
import type { HubApp } from './plugins/app.ts';
import { createServer } from './plugins/server.ts';
import { createRetention } from './retention.ts';
import type { Services } from './services.ts';
import { createFileEvidence } from './stores/evidence/files.ts';
import { openRecords } from './stores/records/records.ts';
import { openSeries } from './stores/series/open.ts';
import { createDownlinks } from './uplink/downlinks.ts';
import { createGateways } from './uplink/gateways.ts';
import { createListener } from './uplink/listener.ts';
import { createRenewal } from './uplink/renew.ts';
import { createUplink } from './uplink/uplink.ts';
import { createWork, type Work } from './work.ts';

export interface Hub {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly services: Services;
  readonly work: Work;
  readonly app: HubApp;
  readonly httpPort: number;
  /** Of the hub's own listener; 0 with an external broker. */
  readonly uplinkPort: number;
}

export async function createHub(config: HubConfig, parts: { clock: Clock; log: Logger }): Promise<Hub> {
  const { clock, log } = parts;
  const newId = idMaker(clock);
  const records = await openRecords(config.recordsUrl);
  const series = openSeries(config.seriesUrl, log);
  const evidence = createFileEvidence(join(config.hubDir, 'evidence'));
  const live = createLive(newId());
  const metrics = createMetrics();
  const audit = createAudit({ records, clock, newId });
  const downlinks = createDownlinks({ records, clock });
  const alarms = createAlarms({ records, live, downlinks, clock, log, newId });
  const expiry = createExpiry({ alarms, records, clock });
  const states = createDeviceStates({ records, clock });
  const marks = createLaneMarks({ records, clock });
  const calm = createCalm();
  const gateways = createGateways({ records, marks, live, metrics, clock });
  const ingest = createIngest({
    skewMs: gateways.skewMs,
    alarms,
    series,
    evidence,
    states,
    marks,
    live,
    metrics,
    calm,
    clock,
    log,
  });
  const { brokerUrl, publicUrl } = config.uplink;
  const listener = brokerUrl ? undefined : createListener({ config: config.uplink, gateways, metrics, clock, log });
  const renew = createRenewal({ records, downlinks, gateways, clock });
  const uplink = createUplink({
    renew,
    listener,
    brokerUrl,
    publicUrl,
    gateways,
    downlinks,
    ingest,
    metrics,
    clock,
    log,
  });
  const work = await createWork({ records, live, alarms, calm, clock, log, newId, evidence, metrics, config });
  const gauges = createGauges({ records, series, gateways, policies: work.services.policies, clock, log, newId });
  const retention = createRetention({ records, series, evidence, keep: config.keep, clock, log });
  const disk = createDisk({ folder: config.hubDir, metrics, clock, log: log.child({ component: 'disk' }) });
  const certificates = createCertificateWatch({ config, metrics, clock, log });
  const services: Services = {
    ...work.services,
    config,
    clock,
    log,
    newId,
    records,
    series,
    evidence,
    live,
    alarms,
    downlinks,
    gateways,
    states,
    uplink,
    audit,
    disk,
    metrics,
    kinds: await loadKinds(),
    ruleTypes: await loadRuleParameters(),
  };
  const app = await createServer(services);
  /** In the order of their start; stopped in reverse. */
  const running: { stop(): Promise<void> }[] = [];
  let httpPort = config.http.port;

  return {
    services,
    work,
    app,
    get httpPort() {
      return httpPort;
    },
    get uplinkPort() {
      return listener?.port ?? 0;
    },
    async start() {
      running.push({ stop: () => records.close() });
      await begin(series);
      await evidence.start();
      await firstLogin(services);
      for (const part of [disk, certificates, states, marks, gateways, expiry, work, uplink, gauges, retention])
        await begin(part);
      httpPort = await listen(app, config);
      running.push({ stop: () => app.close() });
    },
    async stop() {
      for (const part of running.splice(0).reverse())
        await part.stop().catch((error) => log.error({ err: error }, 'a part did not stop cleanly'));
    },
  };

  async function begin(part: { start(): Promise<void>; stop(): Promise<void> }): Promise<void> {
    await part.start();
    running.push(part);
  }
}

async function listen(app: HubApp, config: HubConfig): Promise<number> {
  const { host, port } = config.http;
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new StartError(`port ${port} on ${host} is taken: set LINLI_HUB_PORT to a free one`, { cause: error });
    throw error;
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}
