/**
 * What the hub's areas and routes get handed. `hub.ts` alone makes these; everybody else only uses
 * them, so a test can put any of them together with a manual clock and temporary stores.
 */
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { DeviceKind } from '../core/device.ts';
import type { NewId } from '../core/ids.ts';
import type { RuleParameters } from '../devices/rule-parameters.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Audit } from './audit.ts';
import type { HubConfig } from './config.ts';
import type { Disk } from './disk.ts';
import type { DeviceStates } from './ingest/device-states.ts';
import type { Live } from './live/live.ts';
import type { Metrics } from './metrics.ts';
import type { EvidenceStore } from './stores/evidence/evidence.ts';
import type { Records } from './stores/records/records.ts';
import type { SeriesStore } from './stores/series/series.ts';
import type { Downlinks } from './uplink/downlinks.ts';
import type { Gateways } from './uplink/gateways.ts';
import type { Uplink } from './uplink/uplink.ts';
import type { WorkServices } from './work.ts';

export interface Services extends WorkServices {
  config: HubConfig;
  clock: Clock;
  log: Logger;
  newId: NewId;
  records: Records;
  series: SeriesStore;
  evidence: EvidenceStore;
  live: Live;
  alarms: Alarms;
  downlinks: Downlinks;
  gateways: Gateways;
  states: DeviceStates;
  uplink: Uplink;
  audit: Audit;
  disk: Disk;
  metrics: Metrics;
  kinds: ReadonlyMap<string, DeviceKind>;
  ruleTypes: ReadonlyMap<string, RuleParameters>;
}
