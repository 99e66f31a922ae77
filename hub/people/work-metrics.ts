/** Work orders, notices and what people said of cameras' alarms as Prometheus reads them: counted in the store when somebody asks, not before. */
import { Gauge, type Registry } from 'prom-client';
import type { Alarm } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import type { NotifyTables } from '../notify/tables.ts';
import type { Records } from '../stores/records/records.ts';
import type { TicketTables } from '../tickets/tables.ts';

const DAY_MS = 24 * 3_600_000;
const FALL_RULES = ['falling-object', 'falling-object-suspected'];
const ALARMS_MAX = 20_000;

export function addWorkMetrics({
  records,
  registry,
  clock,
}: {
  records: Records;
  registry: Registry;
  clock: Clock;
}): void {
  const db = records.db.withTables<TicketTables>().withTables<NotifyTables>();
  const registers = [registry];

  new Gauge({
    name: 'linli_hub_tickets',
    help: 'Work orders by community and state',
    labelNames: ['community', 'state'],
    registers,
    async collect() {
      const rows = await db
        .selectFrom('tickets')
        .select(['communityId', 'state', (eb) => eb.fn.countAll<number>().as('count')])
        .groupBy(['communityId', 'state'])
        .execute();
      this.reset();
      for (const { communityId, state, count } of rows) this.labels(communityId, state).set(Number(count));
    },
  });

  new Gauge({
    name: 'linli_hub_tickets_overdue',
    help: 'Unfinished work orders with a clock that was missed, by community',
    labelNames: ['community'],
    registers,
    async collect() {
      const rows = await db
        .selectFrom('tickets')
        .select(['communityId', (eb) => eb.fn.countAll<number>().as('count')])
        .where('dueAt', '<=', clock.now())
        .groupBy('communityId')
        .execute();
      this.reset();
      for (const { communityId, count } of rows) this.labels(communityId).set(Number(count));
    },
  });

  new Gauge({
    name: 'linli_hub_camera_alarms_per_day',
    help: 'Alarms of falling objects first raised in the last 24 hours, by camera and verdict (none: not judged yet)',
    labelNames: ['community', 'device', 'verdict'],
    registers,
    async collect() {
      const rows = await db
        .selectFrom('alarms')
        .select(['communityId', 'deviceId', 'alarm'])
        .where('rule', 'in', FALL_RULES)
        .where('firstAt', '>=', clock.now() - DAY_MS)
        .limit(ALARMS_MAX)
        .execute();
      this.reset();
      for (const { communityId, deviceId, alarm } of rows)
        this.labels(communityId, deviceId, (JSON.parse(alarm) as Alarm).verdict ?? 'none').inc();
    },
  });

  new Gauge({
    name: 'linli_hub_notices_queued',
    help: 'Notices that wait for their channel, by notifier',
    labelNames: ['notifier'],
    registers,
    async collect() {
      const rows = await db
        .selectFrom('notices')
        .select(['notifier', (eb) => eb.fn.countAll<number>().as('count')])
        .where('status', '=', 'queued')
        .groupBy('notifier')
        .execute();
      this.reset();
      for (const { notifier, count } of rows) this.labels(notifier).set(Number(count));
    },
  });
}
