/** The gateway's own metrics in Prometheus' format: what it takes, refuses, keeps, sends and drops. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type Heartbeat, LANES } from '../core/envelope.ts';
import type { PanelOptions } from './panel.ts';

export interface Metrics {
  contentType: string;
  text(): Promise<string>;
}

export function gatewayMetrics(options: PanelOptions): Metrics {
  const { input, outbox, devices, deadLetters, pipeline, relay, firePanels, clock, hubClock } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const byReason = (name: string, help: string, read: () => Partial<Record<string, number>>) =>
    new Counter({
      name,
      help,
      labelNames: ['reason'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [reason, value] of Object.entries(read())) this.inc({ reason }, value ?? 0);
      },
    });
  const byLane = (name: string, help: string, read: (lane: (typeof LANES)[number]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['lane'],
      registers: [registry],
      collect() {
        for (const lane of LANES) this.set({ lane }, read(lane));
      },
    });

  total('linli_edge_received_total', 'Messages that devices published', () => input.counts.received);
  total('linli_edge_received_bytes_total', 'Their payload bytes', () => input.counts.receivedBytes);
  total('linli_edge_kept_total', 'Messages kept in the journal', () => input.counts.kept);
  total('linli_edge_repeated_total', 'Messages sent again that were kept already', () => input.counts.repeated);
  total('linli_edge_frames_total', 'Pictures that cameras pushed', () => input.counts.frames);
  total('linli_edge_slowed_total', 'Messages delayed because the device sends too many', () => input.counts.slowed);
  byReason('linli_edge_refused_total', 'Messages refused, by reason', () => input.counts.refused);
  byReason('linli_edge_logins_refused_total', 'Logins refused or slowed, by reason', () => input.counts.logins);
  total(
    'linli_edge_topics_too_deep_total',
    'Topics with more levels than devices.limits.topicLevelsMax: published, subscribed to, or beyond what the broker bears',
    () => {
      const { refused, subscriptions, cut } = input.counts;
      return [refused, subscriptions, cut].reduce((sum, counts) => sum + (counts['topic-too-deep'] ?? 0), 0);
    },
  );
  byReason('linli_edge_subscriptions_refused_total', 'Subscriptions refused', () => input.counts.subscriptions);
  byReason('linli_edge_fire_panel_refused_total', 'What fire panels said and was not taken, by reason', () =>
    Object.fromEntries(firePanels?.refused ?? []),
  );
  byReason('linli_edge_connections_cut_total', 'Connections cut, by reason', () => input.counts.cut);
  gauge('linli_edge_connections', 'Device connections', () => input.counts.connected);
  gauge('linli_edge_devices', 'Devices in the register', () => devices.devices().length);
  gauge(
    'linli_edge_devices_online',
    'Devices heard of lately',
    () => [...devices.states()].filter((state) => state.liveness === 'online').length,
  );
  total('linli_edge_evaluated_total', 'Records evaluated', () => pipeline.evaluated);
  total('linli_edge_evaluation_failed_total', 'Records that could not be evaluated', () => pipeline.failed);
  gauge('linli_edge_journal_behind_segments', 'Segments that wait for evaluation', () => pipeline.behind);
  gauge('linli_edge_dead_letters', 'Refused payloads that are kept', () => deadLetters.count);
  byLane('linli_edge_outbox_batches', 'Batches that wait for the hub', (lane) => {
    const { nextSeq, ackedSeq } = outbox.lane(lane);
    return nextSeq - 1 - ackedSeq;
  });
  byLane('linli_edge_outbox_bytes', 'Bytes that wait for the hub', (lane) => outbox.lane(lane).waitingBytes);
  byLane('linli_edge_outbox_lag_seconds', 'Age of the oldest batch that waits', (lane) => {
    const oldestAt = outbox.oldestAt(lane);
    return oldestAt === null ? 0 : (clock.now() - oldestAt) / 1_000;
  });
  byLane('linli_edge_evicted', 'Entries evicted since the store was made', (lane) => outbox.lane(lane).evicted);
  gauge('linli_edge_hub_linked', '1 while the hub is linked', () => (relay?.state.linked ? 1 : 0));
  gauge(
    'linli_edge_hub_clock_offset_seconds',
    'Clock of this gateway minus that of the hub',
    () => hubClock.measuredMs / 1_000,
  );
  total('linli_edge_hub_connects_total', 'Links made to the hub', () => relay?.state.connects ?? 0);
  total(
    'linli_edge_hub_unknown_total',
    'Fields and downlinks that a hub of a newer release says and this gateway ignores',
    () => relay?.state.unknown ?? 0,
  );
  total('linli_edge_batches_sent_total', 'Batches sent', () => relay?.sender.sent.batches ?? 0);
  total('linli_edge_batches_resent_total', 'Batches sent again', () => relay?.sender.sent.resent ?? 0);
  cameraMetrics(registry, () => options.heartbeat().cameras ?? []);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

type CameraHealth = NonNullable<Heartbeat['cameras']>[number];

function cameraMetrics(registry: Registry, cameras: () => readonly CameraHealth[]): void {
  const labelled = (
    metric: Gauge | Counter,
    values: (camera: CameraHealth) => readonly [Record<string, string>, number][],
  ) => {
    metric.reset();
    for (const camera of cameras())
      for (const [labels, value] of values(camera)) metric.inc({ device: camera.deviceId, ...labels }, value);
  };
  const byCamera = (
    kind: typeof Gauge | typeof Counter,
    metric: { name: string; help: string; labels?: string[] },
    values: (camera: CameraHealth) => readonly [Record<string, string>, number][],
  ) => {
    const { name, help, labels = [] } = metric;
    new kind({
      name,
      help,
      labelNames: ['device', ...labels],
      registers: [registry],
      collect() {
        labelled(this, values);
      },
    });
  };
  byCamera(Gauge, { name: 'linli_edge_camera_up', help: '1 while the camera shows pictures that change' }, (camera) => [
    [{}, camera.state === 'running' ? 1 : 0],
  ]);
  byCamera(Gauge, { name: 'linli_edge_camera_fps', help: 'Frames a second that arrive' }, (camera) => [
    [{}, camera.fps],
  ]);
  byCamera(
    Counter,
    { name: 'linli_edge_camera_frames_total', help: 'Frames, looked at and skipped', labels: ['result'] },
    ({ frames }) => (frames ? Object.entries(frames).map(([result, value]) => [{ result }, value] as const) : []),
  );
  byCamera(
    Counter,
    {
      name: 'linli_edge_camera_disturbances_total',
      help: 'Shakes and light steps of the whole picture: falls are found less surely, or not at all',
      labels: ['type'],
    },
    ({ disturbances = [] }) => disturbances.map(({ type, count }) => [{ type }, count] as const),
  );
  byCamera(
    Counter,
    { name: 'linli_edge_camera_disturbed_seconds_total', help: 'How long they lasted together', labels: ['type'] },
    ({ disturbances = [] }) => disturbances.map(({ type, seconds }) => [{ type }, seconds] as const),
  );
  byCamera(
    Gauge,
    {
      name: 'linli_edge_camera_caution_ratio',
      help: 'How many times likelier a fall must be than where nothing is nearly taken for one: 1 is a calm picture',
    },
    ({ caution }) => (caution === undefined ? [] : [[{}, caution]]),
  );
}
