/**
 * The gateways this hub knows, in memory: who may log in, which community each speaks for, and what
 * is known of its link. A link's state is the age of what was last heard and stored, never the state
 * of a connection: a connection can be open and dead.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { ClockSkew } from '../../core/clock-skew.ts';
import type { Heartbeat } from '../../core/envelope.ts';
import type { LaneMarks } from '../ingest/lane-marks.ts';
import type { Live } from '../live/live.ts';
import type { Metrics } from '../metrics.ts';
import { OPERATIONS } from '../plugins/viewer.ts';
import type { Records } from '../stores/records/records.ts';
import { wantedVersions } from './settings.ts';

/** Heard nothing for this long: the link is down. Gateways beat every few seconds. */
const LINK_DOWN_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 2_000;
/** The last word of each gateway is written behind: after a restart it is a little older, and says so. */
const WRITE_EVERY_MS = 10_000;

type LinkState = 'never' | 'up' | 'down';

export interface GatewayRecord {
  id: string;
  communityId: string;
  name: string;
  secretHashes: string[];
  createdAt: number;
  registryVersion: number;
  /** Of the newest rules that were made for it, an instant; 0 for none. */
  rulesVersion: number;
  /** Of the newest configuration that was made for it; 0 for none. */
  settingsVersion: number;
  revokedAt: number | null;
}

export interface GatewayStatus {
  link: LinkState;
  /** When the hub last heard it, by the hub's clock. */
  heardAt: number | null;
  /** When the hub last stored and acknowledged something of it. */
  ackedAt: number | null;
  lanes: { epoch: string; lane: string; seq: number; storedAt: number }[];
  /** Age of the oldest thing that the gateway holds and the hub has not; with the link down: since it went silent. */
  lagSeconds: number | null;
  /** The gateway's clock minus the hub's, by the least delayed of its last heartbeats. */
  clockSkewMs: number | null;
  heartbeat: Heartbeat | null;
}

export interface Gateways {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Reads the gateways again after one was added or changed. */
  reload(): Promise<void>;
  get(gatewayId: string): GatewayRecord | undefined;
  list(): GatewayRecord[];
  heard(gatewayId: string, heartbeat?: Heartbeat): void;
  /**
   * How far the gateway's clock is ahead of the hub's, ms, 0 for clocks that agree: subtract it from what
   * the gateway's clock said to compare. What was said stays as it was said.
   */
  skewMs(gatewayId: string): number;
  status(gatewayId: string): GatewayStatus;
}

interface Heard {
  heardAt: number;
  skewMs: number | null;
  heartbeat: Heartbeat | null;
}

export function createGateways(parts: {
  records: Records;
  marks: LaneMarks;
  live: Live;
  metrics: Metrics;
  clock: Clock;
}): Gateways {
  const { records, marks, live, metrics, clock } = parts;
  let known = new Map<string, GatewayRecord>();
  const heard = new Map<string, Heard>();
  const skews = new Map<string, ClockSkew>();
  /** What consoles were last told, so that a link that goes down by silence is told too. */
  const shown = new Map<string, LinkState>();
  const unwritten = new Set<string>();
  let timers: Timer[] = [];
  let writing: Promise<void> = Promise.resolve();

  const gateways: Gateways = {
    async start() {
      await gateways.reload();
      for (const row of await records.db.selectFrom('gatewayStatus').selectAll().execute()) {
        const skew = new ClockSkew();
        skew.add(row.skewMs, 0);
        skews.set(row.gatewayId, new ClockSkew(skew.settledMs));
        heard.set(row.gatewayId, {
          heardAt: row.heartbeatAt,
          skewMs: row.skewMs,
          heartbeat: row.heartbeat === null ? null : (JSON.parse(row.heartbeat) as Heartbeat),
        });
      }
      timers = [
        clock.every(LOOK_EVERY_MS, look),
        clock.every(WRITE_EVERY_MS, () => {
          writing = writing.then(write).catch(() => undefined);
        }),
      ];
    },
    async stop() {
      for (const timer of timers) timer.cancel();
      await writing;
      await write();
    },
    async reload() {
      const rows = await records.db.selectFrom('gateways').selectAll().orderBy('id').execute();
      const settings = await wantedVersions(records.db);
      known = new Map(
        rows.map((row) => {
          const secretHashes = JSON.parse(row.secretHashes) as string[];
          return [
            row.id,
            {
              ...row,
              rulesVersion: Number(row.rulesVersion),
              secretHashes,
              settingsVersion: settings.get(row.id) ?? 0,
            },
          ];
        }),
      );
    },
    get: (gatewayId) => known.get(gatewayId),
    list: () => [...known.values()],
    heard(gatewayId, heartbeat) {
      const now = clock.now();
      const before = heard.get(gatewayId);
      heard.set(gatewayId, {
        heardAt: now,
        skewMs: heartbeat ? skewOf(gatewayId, heartbeat.at, now) : (before?.skewMs ?? null),
        heartbeat: heartbeat ?? before?.heartbeat ?? null,
      });
      unwritten.add(gatewayId);
      if (heartbeat || shown.get(gatewayId) !== 'up') show(gatewayId);
    },
    skewMs: (gatewayId) => (skews.has(gatewayId) ? -(skews.get(gatewayId) as ClockSkew).settledMs : 0),
    status,
  };
  return gateways;

  /** Theirs minus ours, as people say it: positive for a clock that is ahead. */
  function skewOf(gatewayId: string, theirAt: number, ourAt: number): number {
    let skew = skews.get(gatewayId);
    if (!skew) {
      skew = new ClockSkew();
      skews.set(gatewayId, skew);
    }
    skew.add(theirAt, ourAt);
    return -skew.toOursMs;
  }

  function status(gatewayId: string): GatewayStatus {
    const now = clock.now();
    const lanes = marks.lanesOf(gatewayId);
    const word = heard.get(gatewayId);
    const epoch = word?.heartbeat?.epoch;
    const present = epoch === undefined ? lanes : lanes.filter((lane) => lane.epoch === epoch);
    const ackedAt = lanes.length > 0 ? Math.max(...lanes.map((lane) => lane.storedAt)) : null;
    const heardAt = Math.max(word?.heardAt ?? 0, ackedAt ?? 0) || null;
    const link: LinkState = heardAt === null ? 'never' : now - heardAt < LINK_DOWN_AFTER_MS ? 'up' : 'down';
    return {
      link,
      heardAt,
      ackedAt,
      lanes: present,
      lagSeconds: lagSeconds(now, link, heardAt, word),
      clockSkewMs: word?.skewMs ?? null,
      heartbeat: word?.heartbeat ?? null,
    };
  }

  function look(): void {
    for (const { id } of known.values()) {
      const now = status(id);
      if (now.lagSeconds !== null) metrics.gatewayLagSeconds.labels(id).set(now.lagSeconds);
      if (now.clockSkewMs !== null) metrics.gatewaySkewSeconds.labels(id).set(now.clockSkewMs / 1000);
      if (shown.get(id) !== now.link) show(id);
    }
  }

  function show(gatewayId: string): void {
    const gateway = known.get(gatewayId);
    if (!gateway) return;
    const data = gatewayItem(gateway, status(gatewayId));
    shown.set(gatewayId, data.link);
    live.publish({
      type: 'gateway',
      communityId: gateway.communityId,
      roles: OPERATIONS,
      key: `gateway/${gatewayId}`,
      data,
    });
  }

  async function write(): Promise<void> {
    const rows = [...unwritten].flatMap((gatewayId) => {
      const word = heard.get(gatewayId);
      if (!word) return [];
      const heartbeat = word.heartbeat ? JSON.stringify(word.heartbeat) : null;
      return [{ gatewayId, heartbeatAt: word.heardAt, storedAt: clock.now(), skewMs: word.skewMs ?? 0, heartbeat }];
    });
    unwritten.clear();
    if (rows.length === 0) return;
    await records.db
      .insertInto('gatewayStatus')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('gatewayId').doUpdateSet((built) => ({
          heartbeatAt: built.ref('excluded.heartbeatAt'),
          storedAt: built.ref('excluded.storedAt'),
          skewMs: built.ref('excluded.skewMs'),
          heartbeat: built.ref('excluded.heartbeat'),
        })),
      )
      .execute();
  }
}

/** Lag in seconds, by the gateway's own clock where it tells of its backlog, so that skew does not count. */
function lagSeconds(now: number, link: LinkState, heardAt: number | null, word: Heard | undefined): number | null {
  if (heardAt === null) return null;
  if (link === 'down') return Math.round((now - heardAt) / 1000);
  const { heartbeat } = word ?? {};
  if (!heartbeat) return 0;
  const oldest = Object.entries(heartbeat.backlog)
    .filter(([lane, backlog]) => lane !== 'evidence' && backlog.oldestAt !== null)
    .map(([, backlog]) => heartbeat.at - (backlog.oldestAt ?? heartbeat.at));
  return Math.max(0, Math.round(Math.max(0, ...oldest) / 100) / 10);
}

/** A gateway as the API and the live stream show it. */
export function gatewayItem(gateway: GatewayRecord, status: GatewayStatus) {
  const { heartbeat } = status;
  const backlog = Object.values(heartbeat?.backlog ?? {});
  return {
    id: gateway.id,
    communityId: gateway.communityId,
    name: gateway.name,
    createdAt: gateway.createdAt,
    revokedAt: gateway.revokedAt,
    link: status.link,
    heardAt: status.heardAt,
    lastAckedAt: status.ackedAt,
    lastAckedSeq: Object.fromEntries(status.lanes.map((lane) => [lane.lane, lane.seq])),
    lagSeconds: status.lagSeconds,
    clockSkewMs: status.clockSkewMs,
    backlog: {
      batches: backlog.reduce((sum, lane) => sum + lane.batches, 0),
      bytes: backlog.reduce((sum, lane) => sum + lane.bytes, 0),
      lanes: heartbeat?.backlog ?? {},
    },
    evicted: heartbeat?.evicted ?? 0,
    deadLetters: heartbeat?.deadLetters ?? 0,
    devices: heartbeat?.devices ?? null,
    cameras: heartbeat?.cameras ?? [],
    version: heartbeat?.version ?? null,
    configVersion: heartbeat?.configVersion ?? null,
    registry: { wanted: gateway.registryVersion, running: heartbeat?.registryVersion ?? null },
    rules: {
      wanted: gateway.rulesVersion,
      running: heartbeat?.rules?.version ?? null,
      refused: heartbeat?.rules?.refused ?? null,
    },
    settings: {
      wanted: gateway.settingsVersion,
      running: heartbeat?.settings?.version ?? null,
      refused: heartbeat?.settings?.refused ?? null,
    },
    problems: heartbeat?.problems ?? [],
    startedAt: heartbeat?.startedAt ?? null,
  };
}
