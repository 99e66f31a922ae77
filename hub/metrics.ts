/** The hub's own metrics, as Prometheus reads them at /metrics. One registry per hub, so that two hubs in one process do not mix. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'linli_hub_http_seconds',
      help: 'Time to answer a request',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
      registers,
    }),
    ingestEntries: new Counter({
      name: 'linli_hub_ingest_entries_total',
      help: 'Entries of batches by type and outcome: stored, duplicate, rejected',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    ingestBatches: new Counter({
      name: 'linli_hub_ingest_batches_total',
      help: 'Batches by lane and outcome: stored, duplicate, missing (something before it is), refused, retried',
      labelNames: ['lane', 'outcome'],
      registers,
    }),
    unknownFields: new Counter({
      name: 'linli_hub_uplink_unknown_fields_total',
      help: 'Fields that a gateway of a newer release says and this hub ignores, by message: batch, heartbeat, ack',
      labelNames: ['message'],
      registers,
    }),
    ingestSeconds: new Histogram({
      name: 'linli_hub_ingest_seconds',
      help: 'Time from the arrival of a batch to its acknowledgement',
      labelNames: ['lane'],
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30],
      registers,
    }),
    gatewayLagSeconds: new Gauge({
      name: 'linli_hub_gateway_lag_seconds',
      help: 'Age of the oldest reading that a gateway holds and the hub has not stored',
      labelNames: ['gateway'],
      registers,
    }),
    gatewaySkewSeconds: new Gauge({
      name: 'linli_hub_gateway_clock_skew_seconds',
      help: 'Clock of a gateway minus that of the hub',
      labelNames: ['gateway'],
      registers,
    }),
    liveClients: new Gauge({ name: 'linli_hub_live_clients', help: 'Open event streams', registers }),
    liveDropped: new Counter({
      name: 'linli_hub_live_dropped_total',
      help: 'Event streams cut because the reader was too slow',
      registers,
    }),
    diskRefuses: new Gauge({
      name: 'linli_hub_disk_refuses',
      help: '1 while the disk of the hub takes no writes (full, read-only, faulty)',
      registers,
    }),
    certificateDays: new Gauge({
      name: 'linli_hub_certificate_days_left',
      help: 'Days until the certificate expires',
      labelNames: ['place'],
      registers,
    }),
    refused: new Counter({
      name: 'linli_hub_refused_total',
      help: 'What was refused, by place and reason',
      labelNames: ['place', 'reason'],
      registers,
    }),
  };
}
