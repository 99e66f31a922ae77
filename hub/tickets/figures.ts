/** How work orders were done, as the street's bulletins count it. Pure, from tickets and the promise. */
import { isUnfinished, type Ticket } from '../../core/ticket.ts';
import { type SlaPolicy, slaOf } from '../policies/sla.ts';
import { type Judged, sharesOf } from '../public/board.ts';

/** At and below this a resident counts as dissatisfied. */
const DISSATISFIED_STARS_MAX = 2;

export function ticketFigures(tickets: readonly Ticket[], policy: SlaPolicy, now: number) {
  const judged = tickets.map((ticket) => ({ ticket, sla: slaOf(policy, ticket, now) }));
  return {
    ...countsOf(judged),
    ...sharesOf(judged),
    spans: {
      respond: spread(tickets.map((ticket) => ticket.clocks.respondMs)),
      arrive: spread(tickets.map((ticket) => ticket.clocks.arriveMs)),
      solve: spread(tickets.map((ticket) => ticket.clocks.solveMs)),
    },
    byCategory: grouped(judged, ({ ticket }) => ticket.category),
    byCommunity: grouped(judged, ({ ticket }) => ticket.communityId),
    byOwner: grouped(judged, ({ ticket }) => ticket.owner ?? ''),
  };
}

/** 派发, 按时办结, 超时办结, 在办, 超时未办结, 不满意, 重开. */
function countsOf(judged: readonly Judged[]) {
  const count = (is: (item: Judged) => boolean) => judged.filter(is).length;
  return {
    dispatched: judged.length,
    solvedOnTime: count(({ sla }) => sla.solve.state === 'met'),
    solvedLate: count(({ sla }) => sla.solve.state === 'missed'),
    open: count(({ ticket }) => isUnfinished(ticket.state)),
    overdue: count(
      ({ ticket, sla }) => isUnfinished(ticket.state) && Object.values(sla).some((clock) => clock.state === 'late'),
    ),
    cancelled: count(({ ticket }) => ticket.state === 'cancelled'),
    reopened: count(({ ticket }) => ticket.reopenedCount > 0),
    dissatisfied: count(({ ticket }) => ticket.rating !== null && ticket.rating.stars <= DISSATISFIED_STARS_MAX),
  };
}

function grouped(judged: readonly Judged[], keyOf: (item: Judged) => string) {
  return [...Map.groupBy(judged, keyOf)]
    .map(([key, items]) => ({ key, ...countsOf(items) }))
    .sort((a, b) => b.dispatched - a.dispatched || (a.key < b.key ? -1 : 1));
}

/** Nearest rank: figures that really occurred. */
function spread(spans: readonly (number | null)[]) {
  const sorted = spans.filter((span) => span !== null).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { count: sorted.length, medianMs: at(0.5), p90Ms: at(0.9), maxMs: sorted.at(-1) ?? null };
}
