/**
 * What the street office watches, as series: once a minute one row of figures per community (alarms,
 * work orders, devices, 三率) and per gateway (link, lag, backlog), into the same store as the devices'
 * readings, so that one data source feeds Grafana. `device` is the id of the community or gateway,
 * `kind` is `community` or `gateway`; docs/DASHBOARDS.md lists the fields.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import type { Ticket } from '../core/ticket.ts';
import type { Policies } from './policies/policies.ts';
import { boardFigures } from './public/board.ts';
import type { Records } from './stores/records/records.ts';
import type { RecordTables } from './stores/records/tables.ts';
import type { SeriesRow, SeriesStore } from './stores/series/series.ts';
import type { TicketTables } from './tickets/tables.ts';
import type { Gateways } from './uplink/gateways.ts';

const PERIOD_MS = 60_000;
/** The rates look back so far, like the public board. */
const WINDOW_MS = 30 * 24 * 3_600_000;
const TICKETS_MAX = 5_000;
const UNFINISHED = ['open', 'taken', 'working', 'paused'];

export interface Gauges {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Writes one row of every figure now. */
  write(): Promise<void>;
}

export function createGauges(parts: {
  records: Records;
  series: SeriesStore;
  gateways: Gateways;
  policies: Policies;
  clock: Clock;
  log: Logger;
  newId(): string;
}): Gauges {
  const { series, clock, log } = parts;
  /** A start writes under an epoch of its own, so its sequence begins at 1. */
  const epoch = parts.newId();
  let seq = 0;
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const at = clock.now();
    const rows = [...(await communityRows(parts, at)), ...gatewayRows(parts.gateways, at)];
    if (rows.length === 0) return;
    seq += 1;
    await series.append({ gatewayId: 'hub', epoch, lane: 'gauges', seq }, rows);
  }

  return {
    write,
    async start() {
      timer = clock.every(PERIOD_MS, () => {
        writing = write().catch((error) => log.warn({ err: error }, 'the figures of this minute were not written'));
      });
    },
    async stop() {
      timer?.cancel();
      await writing;
    },
  };
}

async function communityRows(parts: { records: Records; policies: Policies }, at: number): Promise<SeriesRow[]> {
  const db = parts.records.db.$extendTables<TicketTables>();
  const rows: SeriesRow[] = [];
  for (const { id } of await db.selectFrom('communities').select('id').execute()) {
    const figures = {
      ...(await alarmFigures(parts.records, id, at)),
      ...(await deviceFigures(parts.records, id)),
      ...(await ticketFigures(parts, id, at)),
    };
    for (const [field, value] of Object.entries(figures))
      if (value !== null) rows.push({ communityId: id, deviceId: id, kind: 'community', field, at, value });
  }
  return rows;
}

async function alarmFigures({ db }: Records, communityId: string, at: number): Promise<Record<string, number>> {
  const groups = await db
    .selectFrom('alarms')
    .select((eb) => ['state', 'severity', eb.fn.countAll<number>().as('count')])
    .where('communityId', '=', communityId)
    .where('state', '!=', 'normal')
    .groupBy(['state', 'severity'])
    .execute();
  const raised = await db
    .selectFrom('alarms')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('communityId', '=', communityId)
    .where('firstAt', '>', at - PERIOD_MS)
    .executeTakeFirstOrThrow();
  const count = (matches: (group: Pick<RecordTables['alarms'], 'state' | 'severity'>) => boolean) =>
    groups.filter(matches).reduce((sum, group) => sum + Number(group.count), 0);
  return {
    alarmsOpen: count(() => true),
    alarmsUnacked: count(({ state }) => state === 'unacked'),
    alarmsCritical: count(({ severity, state }) => severity === 'critical' && state === 'unacked'),
    alarmsMuted: count(({ state }) => state === 'shelved' || state === 'suppressed' || state === 'out-of-service'),
    alarmsRaised: Number(raised.count),
  };
}

async function deviceFigures({ db }: Records, communityId: string): Promise<Record<string, number>> {
  const groups = await db
    .selectFrom('devices')
    .leftJoin('deviceStates', 'deviceStates.deviceId', 'devices.id')
    .select((eb) => ['deviceStates.liveness', eb.fn.countAll<number>().as('count')])
    .where('devices.communityId', '=', communityId)
    .groupBy('deviceStates.liveness')
    .execute();
  const known = groups.reduce((sum, group) => sum + Number(group.count), 0);
  const online = groups.find((group) => group.liveness === 'online');
  return { devicesKnown: known, devicesOnline: Number(online?.count ?? 0) };
}

async function ticketFigures(
  { records, policies }: { records: Records; policies: Policies },
  communityId: string,
  at: number,
): Promise<Record<string, number | null>> {
  const ofCommunity = records.db
    .$extendTables<TicketTables>()
    .selectFrom('tickets')
    .where('communityId', '=', communityId);
  const recent = await ofCommunity
    .select(['ticket', 'state', 'dueAt'])
    .where((eb) => eb.or([eb('createdAt', '>=', at - WINDOW_MS), eb('state', 'in', UNFINISHED)]))
    .orderBy('createdAt', 'desc')
    .limit(TICKETS_MAX)
    .execute();
  const { rates, onTimeRate, created, closed } = boardFigures(
    recent.map(({ ticket }) => JSON.parse(ticket) as Ticket),
    policies.get('sla'),
    at,
  );
  const unfinished = recent.filter(({ state }) => UNFINISHED.includes(state));
  return {
    ticketsCreated: created,
    ticketsClosed: closed,
    ticketsOpen: unfinished.length,
    ticketsOverdue: unfinished.filter(({ dueAt }) => dueAt !== null && dueAt <= at).length,
    responseRate: rates.response.value,
    solutionRate: rates.solution.value,
    satisfactionRate: rates.satisfaction.value,
    onTimeRate: onTimeRate.value,
  };
}

function gatewayRows(gateways: Gateways, at: number): SeriesRow[] {
  return gateways.list().flatMap(({ id, communityId }) => {
    const { link, lagSeconds, heartbeat } = gateways.status(id);
    const backlog = Object.values(heartbeat?.backlog ?? {}).reduce((sum, lane) => sum + lane.batches, 0);
    const figures = {
      linkUp: link === 'up' ? 1 : 0,
      lagSeconds,
      backlogBatches: backlog,
      evicted: heartbeat?.evicted ?? 0,
      deadLetters: heartbeat?.deadLetters ?? 0,
    };
    return Object.entries(figures).flatMap(([field, value]) =>
      value === null ? [] : [{ communityId, deviceId: id, kind: 'gateway', field, at, value }],
    );
  });
}
