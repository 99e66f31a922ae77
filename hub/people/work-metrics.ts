/** Work orders and notices as Prometheus reads them: counted in the store when somebody asks, not before. */
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { NotifyTables } from '../notify/tables.ts';
import type { Records } from '../stores/records/records.ts';
import type { TicketTables } from '../tickets/tables.ts';

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
