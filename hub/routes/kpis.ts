/** How well alarms are kept (ISA-18.2) and work orders are done (the words of the 12345 bulletins), over a span. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Alarm, AlarmFact } from '../../core/alarm.ts';
import { AppError } from '../../core/errors.ts';
import { computeKpis, KPI_TARGETS } from '../../core/kpi.ts';
import { idSchema } from '../../core/text.ts';
import type { Ticket } from '../../core/ticket.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { instantQuery } from '../plugins/lists.ts';
import { listScope } from '../plugins/viewer.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import { ticketFigures } from '../tickets/figures.ts';
import type { TicketTables } from '../tickets/tables.ts';

const DAY_MS = 24 * 3_600_000;
const SPAN_MS_MAX = 92 * DAY_MS;
const ALARMS_MAX = 20_000;
const TICKETS_MAX = 50_000;
/** Alarms whose facts are read at once: between the reads others get their turn. */
const CHUNK = 300;

const querySchema = z.strictObject({
  communityId: idSchema.optional(),
  from: instantQuery.optional().describe('Default: a day before `to`'),
  to: instantQuery.optional().describe('Default: now'),
  operators: z.coerce.number().int().min(1).max(100).default(1).describe('Guards on duty at a time'),
});

const kpis: RoutePlugin = async (app, { services }) => {
  const { clock, policies } = services;
  const db = services.records.db.withTables<TicketTables>();
  const schema = { tags: ['kpis'], querystring: querySchema };

  app.get(
    '/api/kpis',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'Alarm KPIs: load, flood, answers, noisy sources, false alarms' },
    },
    async ({ viewer, query }) => {
      const { fromAt, toAt } = spanOf(query);
      const alarms = await alarmsOf(db, { scope: listScope(viewer, query.communityId), fromAt, toAt });
      return { ...computeKpis({ fromAt, toAt, operators: query.operators, alarms }), targets: KPI_TARGETS };
    },
  );

  app.get(
    '/api/kpis/tickets',
    {
      config: { access: 'signed-in' },
      schema: { ...schema, summary: 'Work order KPIs: on time, late, 三率, by category and owner' },
    },
    async ({ viewer, query }) => {
      const { fromAt, toAt } = spanOf(query);
      const scope = listScope(viewer, query.communityId);
      let select = db
        .selectFrom('tickets')
        .select('ticket')
        .where('createdAt', '>=', fromAt)
        .where('createdAt', '<', toAt);
      if (scope) select = select.where('communityId', 'in', scope.length === 0 ? [''] : scope);
      const rows = await select.limit(TICKETS_MAX + 1).execute();
      if (rows.length > TICKETS_MAX) throw tooMuch();
      const tickets = rows.map((row) => JSON.parse(row.ticket) as Ticket);
      return { fromAt, toAt, ...ticketFigures(tickets, policies.get('sla'), clock.now()) };
    },
  );

  function spanOf({ from, to }: z.output<typeof querySchema>): { fromAt: number; toAt: number } {
    const toAt = to ?? clock.now();
    const fromAt = from ?? toAt - DAY_MS;
    if (fromAt >= toAt || toAt - fromAt > SPAN_MS_MAX)
      throw new AppError('unprocessable', 'the span must begin before it ends and last 92 days at most');
    return { fromAt, toAt };
  }
};

export default kpis;

/** Alarms that were open at any time in the span, each with its facts. */
async function alarmsOf(
  db: Kysely<RecordTables & TicketTables>,
  { scope, fromAt, toAt }: { scope: readonly string[] | undefined; fromAt: number; toAt: number },
): Promise<{ alarm: Alarm; facts: AlarmFact[] }[]> {
  let select = db
    .selectFrom('alarms')
    .select(['id', 'alarm'])
    .where('firstAt', '<', toAt)
    .where((eb) => eb.or([eb('clearedAt', 'is', null), eb('clearedAt', '>=', fromAt), eb('lastAt', '>=', fromAt)]));
  if (scope) select = select.where('communityId', 'in', scope.length === 0 ? [''] : scope);
  const rows = await select.limit(ALARMS_MAX + 1).execute();
  if (rows.length > ALARMS_MAX) throw tooMuch();
  const found: { alarm: Alarm; facts: AlarmFact[] }[] = [];
  for (let start = 0; start < rows.length; start += CHUNK) {
    const chunk = rows.slice(start, start + CHUNK);
    const facts = await db
      .selectFrom('alarmFacts')
      .select(['alarmId', 'fact'])
      .where(
        'alarmId',
        'in',
        chunk.map((row) => row.id),
      )
      .execute();
    const byAlarm = Map.groupBy(facts, (row) => row.alarmId);
    for (const row of chunk) {
      const said = (byAlarm.get(row.id) ?? []).map(({ fact }) => JSON.parse(fact) as AlarmFact);
      found.push({ alarm: JSON.parse(row.alarm) as Alarm, facts: said });
    }
  }
  return found;
}

function tooMuch(): AppError {
  return new AppError('unprocessable', 'there is too much in this span: ask for a shorter one or for one community');
}
